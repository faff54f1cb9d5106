// Training against a plain PyTorch loop: tests/golden/make_training_goldens.py says which.
#include "train/freeze.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::raw_tensor;
using testing::Threads;
using testing::to_double;
using testing::TrainingGolden;

constexpr uint64_t kParitySteps = 50, kParityWarmup = 5;

OptimizerOptions optimizer_options() {
  OptimizerOptions options;
  options.lr = 1e-3;
  options.head_lr = 5e-3;
  return options;
}

/// All weights by the names of the golden file.
std::map<std::string, torch::Tensor> weights(const Model& model) {
  std::map<std::string, torch::Tensor> all, ours;
  for (const Parameter& parameter : model.network->tensors())
    (parameter.stage.kind == Stage::Kind::kHead ? all : ours)[parameter.name] =
        parameter.tensor.detach().clone();
  for (const EncoderTensor& tensor : encoder_tensors(model.settings.config)) {
    const torch::Tensor& whole = ours.at("encoder." + tensor.name);
    const std::vector<torch::Tensor> parts = whole.chunk(static_cast<int64_t>(tensor.parts.size()));
    for (size_t i = 0; i < parts.size(); ++i) all[tensor.parts[i]] = parts[i].clone();
  }
  return all;
}

/// Softmax does not see a number added to all keys, so that the true gradient of a key's bias is 0 and Adam
/// magnifies what rounding leaves of it. No output depends on these weights.
bool is_key_bias(const std::string& name) {
  return name.ends_with("k_lin.bias") || name.ends_with("key.bias");
}

constexpr size_t kEnough = size_t{1} << 30;  // bytes of cache for every row

enum class Numbers { kFloat, kDouble, kBf16 };

/// How near the golden, which was computed in double and is stored in float.
struct Tolerance {
  double loss;  ///< of each step, relative
  double weight, key_bias;
};
Tolerance tolerance_of(Numbers numbers) {
  switch (numbers) {
    case Numbers::kFloat:
      return {1e-5, 1e-4, 0.01};
    // Without rounding the gradient of a key's bias is too small for Adam's eps to let it move.
    case Numbers::kDouble:
      return {1e-6, 1e-6, 1e-6};
    // Three digits in every product; in these steps a weight moves by up to 0.03 and the loss falls by half.
    default:
      return {0.02, 0.015, 0.02};
  }
}

struct Way {
  Numbers numbers = Numbers::kFloat;
  size_t micro_batches = 1;
  bool cached = false;
};

void expect_parity(const TrainingGolden& golden, const std::string& form, const Way& way) {
  SCOPED_TRACE(golden.name + ", --freeze " + form);
  const Tolerance tolerance = tolerance_of(way.numbers);
  Model model = golden.model();
  if (way.numbers == Numbers::kDouble) to_double(model);
  if (way.numbers == Numbers::kBf16) model.network->encoder->set_precision(Precision::kBf16);
  const StepOptions options{.losses = golden.losses()};
  const int64_t frozen_stages = apply_freeze(parse_freeze(form), model);
  std::vector<uint32_t> every_row(golden.rows.size());
  for (uint32_t row = 0; row < every_row.size(); ++row) every_row[row] = row;
  std::optional<FrozenStages> frozen;
  if (frozen_stages > 0)
    frozen.emplace(*model.network, golden.rows, frozen_stages, every_row,
                   FrozenOptions{.cache_bytes = way.cached ? kEnough : 0});
  AdamW optimizer(*model.network, optimizer_options());
  const auto start = weights(model);
  const torch::Tensor losses = raw_tensor(golden.file, form + "/loss");
  for (uint64_t index = 0; index < kParitySteps; ++index) {
    LossMeter meter(2);
    accumulate_gradients(*model.network, golden.rows, golden.step(index, way.micro_batches), index, options,
                         frozen ? &*frozen : nullptr, &meter);
    optimizer.step(linear_schedule(index, kParitySteps, kParityWarmup));
    double loss = 0;
    for (size_t task = 0; task < 2; ++task)
      if (const double mean = meter.mean(task); !std::isnan(mean)) loss += mean;
    const auto expected = losses[static_cast<int64_t>(index)].item<double>();
    EXPECT_NEAR(loss, expected, tolerance.loss * expected) << "step " << index;
  }
  size_t trained = 0;
  for (const auto& [name, weight] : weights(model)) {
    const std::string key = form + "/" + name;
    if (!golden.file.tensors().contains(key)) {
      EXPECT_TRUE(torch::equal(weight, start.at(name))) << "frozen " << name;
      continue;
    }
    ++trained;
    EXPECT_LE(max_difference(weight, raw_tensor(golden.file, key)),
              is_key_bias(name) ? tolerance.key_bias : tolerance.weight)
        << name;
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
  for (const char* form : {"none", "embeddings", "layers:1", "backbone", "head:topic", "all"}) {
    expect_parity(golden, form, {});
    expect_parity(golden, form, {.numbers = Numbers::kDouble});
  }
}

TEST_P(TrainingParity, InBf16StaysNearThePyTorchLoop) {
  expect_parity(TrainingGolden(GetParam()), "none", {.numbers = Numbers::kBf16});
}

TEST_P(TrainingParity, AccumulatedMicroBatchesEqualTheLargeBatch) {
  const TrainingGolden golden(GetParam());
  for (const size_t micro_batches : {2, 8}) expect_parity(golden, "none", {.micro_batches = micro_batches});
}

TEST_P(TrainingParity, FrozenStagesFromTheCacheEqualThePyTorchLoop) {
  const TrainingGolden golden(GetParam());
  for (const char* form : {"backbone", "layers:1"}) expect_parity(golden, form, {.cached = true});
}

}  // namespace
}  // namespace mtnlp
