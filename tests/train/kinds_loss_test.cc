// The losses of several labels a row and of numbers against PyTorch: tests/golden/make_kinds_goldens.py.
#include "tasks/multi_label.h"
#include "tasks/regression.h"
#include "train/task_loss.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

class KindsLoss : public ::testing::Test {
 protected:
  torch::Tensor tensor(const std::string& name) const { return testing::raw_tensor(file_, name); }

  bool trains(int64_t row) const { return tensor("train")[row].item<int64_t>() == 1; }

  std::vector<Target> sets() const {
    const torch::Tensor sets = tensor("sets"), known = tensor("known");
    std::vector<Target> targets;
    for (int64_t row = 0; row < sets.size(0); ++row) {
      LabelSet own;
      for (int64_t label = 0; label < sets.size(1); ++label)
        if (sets[row][label].item<int64_t>() == 1) own.push_back(static_cast<uint32_t>(label));
      targets.push_back(known[row].item<int64_t>() == 1 ? Target(std::make_shared<const LabelSet>(own))
                                                        : kNoTarget);
    }
    return targets;
  }

  std::vector<Target> numbers() const {
    const torch::Tensor numbers = tensor("numbers");
    return {numbers.data_ptr<double>(), numbers.data_ptr<double>() + numbers.numel()};
  }

  /// Expects the loss of the training rows, in two micro-batches, to be that of PyTorch.
  void expect_equal(const std::string& law, const TaskLoss& loss, const std::string& outputs,
                    const std::vector<Target>& targets) const {
    const torch::Tensor leaf = tensor(outputs).requires_grad_();
    const torch::Tensor columns = leaf.dim() == 1 ? leaf.unsqueeze(1) : leaf;
    double denominator = 0;
    std::vector<torch::Tensor> sums;
    for (const int64_t parity : {0, 1}) {
      std::vector<int64_t> rows;
      std::vector<Target> own;
      for (int64_t row = parity; row < leaf.size(0); row += 2) {
        if (!trains(row)) continue;
        rows.push_back(row);
        own.push_back(targets[static_cast<size_t>(row)]);
        if (!own.back().is_none()) denominator += loss.weight(own.back());
      }
      sums.push_back(loss.sum(columns.index_select(0, torch::tensor(rows)), own));
    }
    const torch::Tensor mean = (sums[0] + sums[1]) / denominator;
    const auto expected = tensor(law + "/loss").item<double>();
    EXPECT_NEAR(mean.item<double>(), expected, 1e-12 * expected) << law;
    mean.backward();
    EXPECT_LE(testing::max_difference(leaf.grad(), tensor(law + "/gradient")), 1e-14) << law;
  }

  std::vector<Target> of_training(const std::vector<Target>& targets) const {
    std::vector<Target> own;
    for (size_t row = 0; row < targets.size(); ++row)
      if (trains(static_cast<int64_t>(row))) own.push_back(targets[row]);
    return own;
  }

  const SafetensorsFile file_{testing::test_path("golden/training/kinds_loss.safetensors")};
};

TEST_F(KindsLoss, SeveralLabelsEqualPyTorch) {
  const Task task{"tags", {"a", "b", "c", "d"}, &multi_label()};
  for (const auto& [name, law] :
       {std::pair{"none", PositiveWeights::kNone}, {"balanced", PositiveWeights::kBalanced}})
    expect_equal(name, *make_task_loss(task, {.laws = {law}}, of_training(sets())), "logits", sets());
}

TEST_F(KindsLoss, NumbersEqualPyTorch) {
  Task task{"stars", {}, &regression()};
  regression().learn(task, of_training(numbers()));
  for (const auto& [name, law] : {std::pair{"mse", NumberLoss::kSquared}, {"huber", NumberLoss::kHuber}})
    expect_equal(name, *make_task_loss(task, {.laws = {.number = law}}, of_training(numbers())), "guesses",
                 numbers());
}

}  // namespace
}  // namespace mtnlp
