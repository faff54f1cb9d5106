// The loss against torch.nn.functional.cross_entropy: tests/golden/make_loss_goldens.py.
#include "train/loss.h"

#include <sstream>

#include "tasks/multi_label.h"
#include "tasks/regression.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::raw_tensor;
using testing::test_path;

const std::vector<Task> kTasks = {
    {"topic", {"0", "1", "2", "3"}}, {"mood", {"0", "1"}}, {"rare", {"0", "1", "2"}}};

std::vector<double> values_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<double>(), tensor.data_ptr<double>() + tensor.numel()};
}

class LossTest : public ::testing::Test {
 protected:
  LossTest() {
    const torch::Tensor labels = tensor("labels"), train = tensor("train");
    dataset_.tasks = kTasks;
    dataset_.sources.resize(1);
    encoded_.tasks = kTasks.size();
    encoded_.targets = testing::targets_of_classes(labels);
    encoded_.offsets.resize(static_cast<size_t>(labels.size(0)) + 1);
    for (uint32_t row = 0; row < encoded_.size(); ++row) {
      std::vector<Target> own;
      for (size_t task = 0; task < encoded_.tasks; ++task) own.push_back(encoded_.target(row, task));
      dataset_.rows.push_back({0, row, "", own, ""});
      parts_.push_back(train[row].item<int64_t>() == 1 ? Part::kTrain : Part::kTest);
    }
  }

  torch::Tensor tensor(const std::string& name) const { return raw_tensor(file_, name); }

  /// The start, as leaves of the graph.
  Model model() const {
    Model model = testing::tiny_model("tiny-bert", kTasks);
    for (size_t task = 0; task < kTasks.size(); ++task) {
      HeadImpl& head = *model.network->heads[task];
      head.weight = tensor(kTasks[task].name + ".weight").requires_grad_();
      head.bias = tensor(kTasks[task].name + ".bias").requires_grad_();
    }
    return model;
  }

  /// "balanced,0.1,0.25" as the options are given.
  LossOptions options(const std::string& of_case) const {
    std::istringstream in(of_case);
    std::string class_weights, smoothing, first;
    std::getline(in, class_weights, ',');
    std::getline(in, smoothing, ',');
    std::getline(in, first, ',');
    LossOptions options;
    options.label_smoothing = std::stod(smoothing);
    if (class_weights == "balanced") options.class_weights.usual = ClassWeights::kBalanced;
    if (first != "1") options.task_weights = {std::stod(first), 1, 1};
    return options;
  }

  /// All training rows as the one step that the epoch plan makes of them, cut into micro-batches.
  Losses losses(const LossOptions& options) const { return {kTasks, options, encoded_, parts_}; }

  Step step(const Losses& losses, size_t batch_size) const {
    const std::vector<Step> steps =
        plan_epoch(dataset_, parts_, {batch_size, encoded_.size(), 1}, 0, losses.row_weights());
    EXPECT_EQ(steps.size(), 1U);
    return steps[0];
  }

  const SafetensorsFile file_{test_path("golden/training/loss.safetensors")};
  Dataset dataset_;
  std::vector<Part> parts_;
  EncodedRows encoded_;
};

TEST_F(LossTest, BalancedClassWeightsEqualScikitLearn) {
  const Losses balanced = losses({.class_weights = {ClassWeights::kBalanced}});
  for (size_t task = 0; task < kTasks.size(); ++task) {
    const std::vector<double> expected = values_of(tensor(kTasks[task].name + ".balanced"));
    ASSERT_EQ(expected.size(), kTasks[task].labels.size());
    for (size_t label = 0; label < expected.size(); ++label)
      EXPECT_DOUBLE_EQ(balanced.row_weight(task, static_cast<double>(label)), expected[label]);
  }
}

TEST_F(LossTest, EachTaskHasItsOwnClassWeights) {
  const Losses mixed =
      losses({.class_weights = {ClassWeights::kBalanced,
                                {{"topic", ClassWeights::kNone}, {"rare", ClassWeights::kSqrt}},
                                {{"topic:2", 7}, {"mood:0", 0}}}});
  const Losses balanced = losses({.class_weights = {ClassWeights::kBalanced}});
  EXPECT_EQ(mixed.row_weight(0, 0), 1);
  EXPECT_EQ(mixed.row_weight(0, 2), 7);
  EXPECT_EQ(mixed.row_weight(1, 0), 0);
  EXPECT_EQ(mixed.row_weight(1, 1), balanced.row_weight(1, 1));
  EXPECT_NE(mixed.row_weight(2, 1), balanced.row_weight(2, 1));
}

TEST_F(LossTest, EveryOptionEqualsPyTorchInAnyNumberOfMicroBatches) {
  size_t cases = 0;
  for (const auto& [name, view] : file_.tensors()) {
    if (!name.ends_with("/loss")) continue;
    const std::string of_case = name.substr(0, name.size() - 5);
    ++cases;
    const LossOptions options = this->options(of_case);
    for (const size_t batch_size : {64, 7, 1}) {
      SCOPED_TRACE(mtnlp::str(of_case, ", micro-batches of ", batch_size));
      const Losses losses = this->losses(options);
      const Step step = this->step(losses, batch_size);
      const Model model = this->model();
      const torch::Tensor embeddings = tensor("embeddings").requires_grad_();
      LossMeter meter(kTasks.size());
      double loss = 0;
      for (const std::vector<uint32_t>& rows : step.micro_batches) {
        const std::vector<int64_t> index(rows.begin(), rows.end());
        const torch::Tensor share =
            micro_batch_loss(*model.network, embeddings.index_select(0, torch::tensor(index)), encoded_, rows,
                             step.denominators, losses, &meter);
        if (!share.defined()) continue;  // no label in it
        loss += share.item<double>();
        share.backward();
      }
      const auto expected = tensor(name).item<double>();
      EXPECT_NEAR(loss, expected, 1e-12 * expected);
      double metered = 0;
      for (size_t task = 0; task < kTasks.size(); ++task)
        metered += (options.task_weights.empty() ? 1 : options.task_weights[task]) * meter.mean(task);
      EXPECT_NEAR(metered, expected, 1e-12 * expected);
      EXPECT_LE(max_difference(embeddings.grad(), tensor(of_case + "/embeddings")), 1e-13);
      for (size_t task = 0; task < kTasks.size(); ++task) {
        const std::string prefix = of_case + "/" + kTasks[task].name;
        EXPECT_LE(max_difference(model.network->heads[task]->weight.grad(), tensor(prefix + ".weight")),
                  1e-13);
        EXPECT_LE(max_difference(model.network->heads[task]->bias.grad(), tensor(prefix + ".bias")), 1e-13);
      }
    }
  }
  EXPECT_EQ(cases, 12U);
}

TEST(SoftLabelLoss, HasTheGradientOfTheDivergence) {
  const auto law = make_task_loss({"mood", {"a", "b", "c"}}, {}, {});
  const torch::Tensor teacher = torch::tensor({{0.2, 0.8, 0.0}, {0.25, 0.25, 0.5}}, torch::kFloat64);
  for (const double temperature : {1.0, 2.5}) {
    const torch::Tensor logits =
        torch::tensor({{0.5, -1.0, 2.0}, {1.0, 1.0, -3.0}}, torch::kFloat64).requires_grad_();
    const torch::Tensor q = teacher.pow(1 / temperature) / teacher.pow(1 / temperature).sum(1, true);
    const torch::Tensor p = torch::softmax(logits / temperature, 1);
    const torch::Tensor loss = law->soft_sum(logits, teacher, temperature);
    EXPECT_NEAR(loss.item<double>(), (-(q * p.log()).sum() * temperature * temperature).item<double>(),
                1e-12);
    loss.backward();
    EXPECT_LE(max_difference(logits.grad(), (temperature * (p - q)).detach()), 1e-12);
  }
}

TEST(SoftLabelLoss, OfSeveralLabelsIsTheirMean) {
  const auto law = make_task_loss({"tags", {"a", "b", "c"}, &multi_label()}, {}, {});
  const torch::Tensor teacher = torch::tensor({{0.2, 0.8, 0.0}, {1.0, 0.25, 0.5}}, torch::kFloat64);
  for (const double temperature : {1.0, 2.5}) {
    const torch::Tensor logits =
        torch::tensor({{0.5, -1.0, 2.0}, {1.0, 1.0, -3.0}}, torch::kFloat64).requires_grad_();
    const torch::Tensor yes = teacher.pow(1 / temperature), no = (1 - teacher).pow(1 / temperature);
    const torch::Tensor q = yes / (yes + no), p = torch::sigmoid(logits / temperature);
    const torch::Tensor loss = law->soft_sum(logits, teacher, temperature);
    EXPECT_NEAR(
        loss.item<double>(),
        (-(q * p.log() + (1 - q) * (1 - p).log()).mean(1).sum() * temperature * temperature).item<double>(),
        1e-12);
    loss.backward();
    EXPECT_LE(max_difference(logits.grad(), (temperature * (p - q) / 3).detach()), 1e-12);
  }
}

TEST(SoftLabelLoss, OfANumberIsThatOfTheNumber) {
  Task task{"stars", {}, &regression()};
  task.scale = {3, 2};
  const torch::Tensor outputs = torch::tensor({{0.5}, {-1.0}}, torch::kFloat64);
  const std::vector<Target> numbers = {4.5, 1.25};
  for (const NumberLoss kind : {NumberLoss::kSquared, NumberLoss::kHuber}) {
    const auto law = make_task_loss(task, {.laws = {.number = kind}}, {});
    const torch::Tensor lessons = torch::tensor({{4.5}, {1.25}}, torch::kFloat64);
    EXPECT_DOUBLE_EQ(law->soft_sum(outputs, lessons, 2).item<double>(),
                     law->sum(outputs, numbers).item<double>());
  }
}

TEST_F(LossTest, AHeadWhoseTaskIsAbsentTakesNoPart) {
  for (size_t row = 0; row < encoded_.size(); ++row) encoded_.targets[row * encoded_.tasks + 1] = kNoTarget;
  const Model model = this->model();
  std::vector<uint32_t> rows(encoded_.size());
  for (uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
  LossMeter meter(kTasks.size());
  micro_batch_loss(*model.network, tensor("embeddings"), encoded_, rows, std::vector<double>{1, 0, 1},
                   losses({}), &meter)
      .backward();
  EXPECT_TRUE(model.network->heads[0]->weight.grad().defined());
  EXPECT_FALSE(model.network->heads[1]->weight.grad().defined());
  EXPECT_TRUE(std::isnan(meter.mean(1)));

  for (Target& target : encoded_.targets) target = kNoTarget;
  EXPECT_FALSE(micro_batch_loss(*model.network, tensor("embeddings"), encoded_, rows,
                                std::vector<double>{0, 0, 0}, losses({}), nullptr)
                   .defined());
}

TEST(LossMeterTest, AddsUpAndStartsAgain) {
  LossMeter meter(2);
  meter.add(1, torch::tensor(3.0f), 2);
  meter.add(1, torch::tensor(1.0f), 6);
  EXPECT_TRUE(std::isnan(meter.mean(0)));
  EXPECT_DOUBLE_EQ(meter.mean(1), 0.5);
  meter.reset();
  EXPECT_TRUE(std::isnan(meter.mean(1)));
}

TEST(LossMeterTest, ManySmallLossesDoNotDrownInALargeSum) {
  LossMeter meter(1);
  meter.add(0, torch::tensor(16'777'216.0f), 1);
  for (int i = 0; i < 100; ++i) meter.add(0, torch::tensor(0.25f), 0);
  EXPECT_DOUBLE_EQ(meter.mean(0), 16'777'241.0);
}

}  // namespace
}  // namespace mtnlp
