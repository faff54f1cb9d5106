// Training against a plain PyTorch loop: tests/golden/make_training_goldens.py says which.
#include "model/fixtures.h"
#include "mtnlp/train/freeze.h"
#include "mtnlp/train/optimizer.h"
#include "mtnlp/train/schedule.h"
#include "mtnlp/train/step.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::load_tiny;
using testing::max_difference;
using testing::raw_tensor;
using testing::test_path;
using testing::Threads;

constexpr uint64_t kSteps = 50, kWarmup = 5;

OptimizerOptions optimizer_options() {
  OptimizerOptions options;
  options.lr = 1e-3;
  options.head_lr = 5e-3;
  return options;
}

/// The rows, the steps and the start of a golden file.
struct TrainingGolden {
  explicit TrainingGolden(const std::string& encoder)
      : name(encoder), file(test_path("golden/training/" + encoder + ".safetensors")) {
    const torch::Tensor ids = raw_tensor(file, "ids"), lengths = raw_tensor(file, "lengths"),
                        labels = raw_tensor(file, "labels");
    rows.ids.assign(ids.data_ptr<int64_t>(), ids.data_ptr<int64_t>() + ids.numel());
    rows.labels.assign(labels.data_ptr<int64_t>(), labels.data_ptr<int64_t>() + labels.numel());
    rows.offsets = {0};
    for (int64_t i = 0; i < lengths.numel(); ++i)
      rows.offsets.push_back(rows.offsets.back() + static_cast<size_t>(lengths[i].item<int64_t>()));
    rows.tasks = 2;
  }

  Model model() const {
    Model model;
    model.encoder = load_tiny(name);
    model.encoder->set_dropout(0);
    model.tasks = {{"topic", {"a", "b", "c"}}, {"mood", {"a", "b"}}};
    for (const Task& task : model.tasks) {
      const std::string prefix = "head." + task.name;
      model.heads.push_back({raw_tensor(file, prefix + ".weight").requires_grad_(),
                             raw_tensor(file, prefix + ".bias").requires_grad_()});
    }
    return model;
  }

  /// Step `index` in `micro_batches` parts.
  Step step(uint64_t index, size_t micro_batches) const {
    const torch::Tensor batch = raw_tensor(file, "batches")[static_cast<int64_t>(index)];
    Step step{0, std::vector<std::vector<uint32_t>>(micro_batches), {0, 0}};
    for (int64_t i = 0; i < batch.numel(); ++i) {
      const auto row = batch[i].item<int64_t>();
      step.micro_batches[static_cast<size_t>(i) % micro_batches].push_back(static_cast<uint32_t>(row));
      for (size_t task = 0; task < 2; ++task)
        step.denominators[task] += rows.label(static_cast<size_t>(row), task) != kNoLabel;
    }
    return step;
  }

  std::string name;
  SafetensorsFile file;
  EncodedRows rows;
};

/// All weights by the names of the golden file.
std::map<std::string, torch::Tensor> weights(const Model& model) {
  std::map<std::string, torch::Tensor> all;
  for (const auto& [name, tensor] : encoder_file_tensors(*model.encoder)) all[name] = tensor.clone();
  for (size_t t = 0; t < model.tasks.size(); ++t) {
    all["head." + model.tasks[t].name + ".weight"] = model.heads[t].weight.detach().clone();
    all["head." + model.tasks[t].name + ".bias"] = model.heads[t].bias.detach().clone();
  }
  return all;
}

/// Softmax does not see a number added to all keys, so that the true gradient of a key's bias is 0 and Adam
/// magnifies what rounding leaves of it. No output depends on these weights.
bool is_key_bias(const std::string& name) {
  return name.ends_with("k_lin.bias") || name.ends_with("key.bias");
}

void expect_parity(const TrainingGolden& golden, const std::string& form, size_t micro_batches, bool cached) {
  SCOPED_TRACE(golden.name + ", --freeze " + form);
  Model model = golden.model();
  StepOptions options;
  options.frozen_stages = apply_freeze(parse_freeze(form), model);
  std::vector<uint32_t> every_row(golden.rows.size());
  for (uint32_t row = 0; row < every_row.size(); ++row) every_row[row] = row;
  std::optional<FrozenEmbeddings> frozen;
  if (cached) frozen.emplace(model, golden.rows, every_row, torch::kCPU);
  AdamW optimizer(model, optimizer_options());
  const auto start = weights(model);
  const torch::Tensor losses = raw_tensor(golden.file, form + "/loss");
  for (uint64_t index = 0; index < kSteps; ++index) {
    LossMeter meter(2);
    accumulate_gradients(model, golden.rows, golden.step(index, micro_batches), index, options,
                         cached ? &*frozen : nullptr, &meter);
    optimizer.step(linear_schedule(index, kSteps, kWarmup));
    double loss = 0;
    for (size_t task = 0; task < 2; ++task)
      if (const double mean = meter.mean(task); !std::isnan(mean)) loss += mean;
    const auto expected = losses[static_cast<int64_t>(index)].item<double>();
    EXPECT_NEAR(loss, expected, 1e-5 * expected) << "step " << index;
  }
  size_t trained = 0;
  for (const auto& [name, weight] : weights(model)) {
    const std::string key = form + "/" + name;
    if (!golden.file.tensors().contains(key)) {
      EXPECT_TRUE(torch::equal(weight, start.at(name))) << "frozen " << name;
      continue;
    }
    ++trained;
    EXPECT_LE(max_difference(weight, raw_tensor(golden.file, key)), is_key_bias(name) ? 0.01 : 1e-4) << name;
  }
  size_t expected = 0;
  for (const auto& [name, view] : golden.file.tensors()) expected += name.starts_with(form + "/");
  EXPECT_EQ(trained + 1, expected);  // and the loss
}

class TrainingParity : public ::testing::TestWithParam<const char*> {
  const Threads one_{1};
};
INSTANTIATE_TEST_SUITE_P(Tiny, TrainingParity, ::testing::Values("tiny-distilbert", "tiny-bert"),
                         [](const auto& instance) { return std::string(instance.param).substr(5); });

TEST_P(TrainingParity, EveryFreezeFormEqualsThePyTorchLoop) {
  const TrainingGolden golden(GetParam());
  for (const char* form : {"none", "embeddings", "layers:1", "backbone", "head:topic"})
    expect_parity(golden, form, 1, false);
}

TEST_P(TrainingParity, AccumulatedMicroBatchesEqualTheLargeBatch) {
  const TrainingGolden golden(GetParam());
  for (const size_t micro_batches : {2, 8}) expect_parity(golden, "none", micro_batches, false);
}

TEST_P(TrainingParity, FrozenBackboneFromTheCacheEqualsThePyTorchLoop) {
  expect_parity(TrainingGolden(GetParam()), "backbone", 1, true);
}

}  // namespace
}  // namespace mtnlp
