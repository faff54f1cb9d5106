// Masked-language-model training against `transformers`: tests/golden/make_masked_lm_goldens.py says how.
#include <numeric>

#include "network/cross_entropy.h"
#include "network/fixtures.h"
#include "train/objective.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::raw_tensor;
using testing::Threads;

constexpr uint64_t kGoldenSteps = 50, kWarmup = 5;

std::vector<int64_t> numbers(const torch::Tensor& tensor) {
  const auto* data = tensor.const_data_ptr<int64_t>();
  return {data, data + tensor.numel()};
}

ModelSettings settings_of(const fs::path& folder) {
  ModelSettings settings;
  settings.config = read_encoder_config(folder / "config.json");
  return settings;
}

class MaskedLmGolden : public ::testing::TestWithParam<const char*> {
 protected:
  MaskedLmGolden() { network_->encoder->set_dropout(0); }
  torch::Tensor tensor(const std::string& name) const { return raw_tensor(golden_, name); }

  /// The step's rows with hidden tokens.
  Pass pass(int64_t step) {
    const std::vector<int64_t> lengths = numbers(tensor("row_lengths")),
                               batch = numbers(tensor("batches")[step]);
    std::vector<std::vector<int32_t>> sequences;
    for (const int64_t row : batch)
      for (auto& ids = sequences.emplace_back(); std::ssize(ids) < lengths[static_cast<size_t>(row)];)
        ids.push_back(static_cast<int32_t>(masked_[next_id_++]));
    const int64_t count = tensor("counts")[step].item<int64_t>(), from = next_target_;
    next_target_ += count;
    return {testing::batch_of(sequences),
            {},
            tensor("places").slice(0, from, from + count),
            tensor("targets").slice(0, from, from + count),
            static_cast<double>(count)};
  }

  const std::string name_ = GetParam();
  const fs::path folder_ = testing::test_path("golden/masked_lm/" + name_);
  const SafetensorsFile golden_{folder_ / "golden.safetensors"};
  const ModelSettings settings_ = settings_of(folder_);
  Network network_{load_encoder(folder_, settings_.config), settings_};
  LmHead head_ = load_lm_head(folder_, settings_.config);
  std::vector<int64_t> masked_ = numbers(raw_tensor(golden_, "masked"));
  size_t next_id_ = 0;
  int64_t next_target_ = 0;
  const Threads one_{1};
};
INSTANTIATE_TEST_SUITE_P(Tiny, MaskedLmGolden, ::testing::Values("tiny-distilbert", "tiny-bert", "tiny-xlmr"),
                         [](const auto& instance) { return std::string(instance.param).substr(5); });

TEST_P(MaskedLmGolden, LogitsAreThoseOfTransformers) {
  const torch::NoGradGuard no_grad;
  const std::vector<int64_t> ids = numbers(tensor("ids"));
  std::vector<std::vector<int32_t>> sequences;
  auto at = ids.begin();
  for (const int64_t length : numbers(tensor("lengths"))) {
    sequences.emplace_back(at, at + length);
    at += length;
  }
  const torch::Tensor hidden = network_->encoder->forward(testing::batch_of(sequences));
  const torch::Tensor logits =
      torch::matmul(head_->forward(hidden, Precision::kFp32), network_->encoder->word_embeddings.t()) +
      head_->bias;
  EXPECT_LE(max_difference(logits, tensor("logits")), 1e-5 * tensor("logits").abs().max().item<double>());
}

TEST_P(MaskedLmGolden, FiftyStepsEqualThePyTorchLoop) {
  network_->to(torch::kFloat64);
  head_->to(torch::kFloat64);
  const auto objective = make_masked_lm(network_, head_, Masking({}, {}));
  std::vector<Parameter> tensors = network_->tensors();
  for (const auto& parameter : head_->named_parameters())
    tensors.push_back({{Stage::Kind::kHead}, kLmHead + parameter.key(), parameter.value()});
  OptimizerOptions options;
  options.lr = 1e-3;
  options.head_lr = 3e-3;
  AdamW optimizer(tensors, options);
  for (int64_t step = 0; step < static_cast<int64_t>(kGoldenSteps); ++step) {
    LossMeter meter(1);
    const std::vector<Pass> passes = {pass(step)};
    add_gradients(*objective, *network_->encoder, passes, 0, meter);
    optimizer.step(linear_schedule(static_cast<uint64_t>(step), kGoldenSteps, kWarmup));
    const auto expected = tensor("loss")[step].item<double>();
    EXPECT_NEAR(meter.mean(0), expected, 1e-6 * expected) << step;
  }
  std::map<std::string, torch::Tensor> ours;
  for (const Parameter& parameter : tensors) ours[parameter.name] = parameter.tensor.detach();
  const Architecture& architecture = *settings_.config.architecture;
  size_t compared = 0;
  const auto compare = [&](const EncoderTensor& tensor_of, const std::string& our_name,
                           const std::string& prefix) {
    const auto parts = ours.at(our_name).chunk(static_cast<int64_t>(tensor_of.parts.size()));
    for (size_t i = 0; i < parts.size(); ++i, ++compared) {
      const torch::Tensor expected =
          tensor("after/" + prefix + tensor_of.parts[i]).slice(0, tensor_of.reserved_rows);
      EXPECT_LE(max_difference(parts[i], expected), 2e-6) << tensor_of.parts[i];
    }
  };
  for (const EncoderTensor& of_encoder : encoder_tensors(settings_.config))
    compare(of_encoder, "encoder." + of_encoder.name, architecture.prefix);
  for (const EncoderTensor& of_head : lm_head_tensors(settings_.config)) compare(of_head, of_head.name, "");
  const auto& all = golden_.tensors();
  EXPECT_EQ(compared, static_cast<size_t>(std::ranges::count_if(
                          all, [](const auto& entry) { return entry.first.starts_with("after/"); })));
}

TEST_P(MaskedLmGolden, MicroBatchesGiveTheGradientOfTheLargeBatch) {
  const auto objective = make_masked_lm(network_, head_, Masking({}, {}));
  const auto gradients = [&](const std::vector<Pass>& passes) {
    LossMeter meter(1);
    add_gradients(*objective, *network_->encoder, passes, 0, meter);
    torch::Tensor gradient = network_->encoder->word_embeddings.grad();
    for (torch::Tensor parameter : network_->parameters()) parameter.mutable_grad() = torch::Tensor();
    for (torch::Tensor parameter : head_->parameters()) parameter.mutable_grad() = torch::Tensor();
    return gradient;
  };
  const Pass one = pass(0), two = pass(1);
  const torch::Tensor a = gradients({one}), b = gradients({two}), both = gradients({one, two});
  const double weight = one.weight + two.weight;
  EXPECT_LE(max_difference(both, a * (one.weight / weight) + b * (two.weight / weight)), 1e-5);
}

TEST_P(MaskedLmGolden, AWrittenFolderHasTheNamesOfTransformersAndLoadsAsItWas) {
  const testing::TempFolder folder;
  const fs::path file = folder.path() / "model.safetensors";
  write_encoder(file, settings_.config, source_of(*network_->encoder, *head_), {.lm_head = true});
  const SafetensorsFile saved(file), original(folder_ / "model.safetensors");
  for (const auto& [tensor, view] : original.tensors()) {
    ASSERT_TRUE(saved.tensors().contains(tensor)) << tensor;
    EXPECT_EQ(saved.tensors().at(tensor).shape, view.shape) << tensor;
    if (tensor.find("position_embeddings") == std::string::npos &&
        tensor.find("token_type") == std::string::npos) {
      EXPECT_EQ(max_difference(raw_tensor(saved, tensor), raw_tensor(original, tensor)), 0) << tensor;
    }
  }
  EXPECT_EQ(saved.tensors().size(), original.tensors().size());
  const LmHead again = load_lm_head(folder.path(), settings_.config);
  for (const auto& parameter : head_->named_parameters())
    EXPECT_TRUE(torch::equal(parameter.value(), again->named_parameters()[parameter.key()]));
}

}  // namespace
}  // namespace mtnlp
