#include "network/encoder.h"

#include "base/random.h"
#include "network/fixtures.h"
#include "network/instruction_sets.h"
#include "network/ops.h"

namespace mtnlp {
namespace {

using testing::batch_of;
using testing::encoder_path;
using testing::Golden;
using testing::kTinyEncoders;
using testing::load_tiny;
using testing::max_difference;
using testing::with_every_instruction_set;

class TinyEncoder : public ::testing::TestWithParam<const char*> {
 protected:
  const torch::NoGradGuard no_grad;
};
std::string suite_name(const ::testing::TestParamInfo<const char*>& instance) {
  std::string name = instance.param;
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Encoder, TinyEncoder, ::testing::ValuesIn(kTinyEncoders), suite_name);
INSTANTIATE_TEST_SUITE_P(Multilingual, TinyEncoder, ::testing::Values("tiny-multilingual"), suite_name);

void expect_golden_states(Encoder encoder, const Golden& golden) {
  const Batch batch = batch_of(golden.sequences);
  torch::Tensor hidden = encoder->embed(batch.ids, batch.layout);
  EXPECT_LE(max_difference(hidden, golden.tensor("hidden.0")), 1e-5);
  for (int64_t i = 0; i < encoder->config().layers; ++i) {
    hidden = encoder->layers(hidden, batch.layout, i, i + 1);
    EXPECT_LE(max_difference(hidden, golden.tensor("hidden." + std::to_string(i + 1))), 1e-5)
        << "layer " << i;
  }
  EXPECT_LE(max_difference(pool_mean(hidden, batch.layout), golden.tensor("mean")), 1e-5);
  EXPECT_LE(max_difference(pool_cls(hidden, batch.layout), golden.tensor("cls")), 1e-5);
  EXPECT_LE(max_difference(pool_max(hidden, batch.layout), golden.tensor("max")), 1e-5);
}

TEST_P(TinyEncoder, EveryHiddenStateEqualsTransformers) {
  with_every_instruction_set([] { expect_golden_states(load_tiny(GetParam()), Golden(GetParam())); });
}

TEST_P(TinyEncoder, LayerRangesJoinToForwardBitForBit) {
  const Golden golden(GetParam());
  Encoder encoder = load_tiny(GetParam());
  const Batch batch = batch_of(golden.sequences);
  const int64_t layers = encoder->config().layers;
  const DropoutPlan training{true, 17};
  for (const DropoutPlan& plan : {DropoutPlan{}, training}) {
    const torch::Tensor whole = encoder->forward(batch, plan);
    for (int64_t k = 0; k <= layers; ++k) {
      const torch::Tensor lower =
          encoder->layers(encoder->embed(batch.ids, batch.layout, plan), batch.layout, 0, k, plan);
      EXPECT_TRUE(torch::equal(encoder->layers(lower, batch.layout, k, layers, plan), whole)) << k;
    }
  }
}

/// A sentence in any batch equals the sentence alone.
void expect_independent_of_batch(Encoder encoder, const std::vector<std::vector<int32_t>>& sequences) {
  std::vector<torch::Tensor> alone;
  for (const auto& sequence : sequences) alone.push_back(encoder->forward(batch_of({sequence})));
  KeyedRandom random(1);
  for (int draw = 0; draw < 8; ++draw) {
    std::vector<size_t> chosen(1 + random.below(2 * sequences.size()));
    std::vector<std::vector<int32_t>> drawn;
    for (size_t& index : chosen) drawn.push_back(sequences[index = random.below(sequences.size())]);
    const Batch batch = batch_of(drawn);
    const torch::Tensor hidden = encoder->forward(batch);
    for (size_t b = 0; b < chosen.size(); ++b)
      EXPECT_LE(max_difference(hidden.slice(0, batch.layout.offsets[b], batch.layout.offsets[b + 1]),
                               alone[chosen[b]]),
                1e-5)
          << "batch of " << chosen.size() << ", sentence " << b;
  }
}

TEST_P(TinyEncoder, SentenceInAnyBatchEqualsSentenceAlone) {
  expect_independent_of_batch(load_tiny(GetParam()), Golden(GetParam()).sequences);
}

TEST(DefaultEncoder, EmbeddingsEqualTransformers) {
  const fs::path folder = fs::path(MTNLP_SOURCE_DIR) / "models" / "minilm-l6";
  if (!fs::exists(folder / "model.safetensors")) GTEST_SKIP() << "./run fetch brings the default encoder";
  const torch::NoGradGuard no_grad;
  const Golden golden("minilm-l6");
  Encoder encoder = load_encoder(folder, read_encoder_config(folder / "config.json"));
  const Batch batch = batch_of(golden.sequences);
  const torch::Tensor mean = pool_mean(encoder->forward(batch), batch.layout);
  EXPECT_EQ(mean.sizes(), (std::vector<int64_t>{32, 384}));
  EXPECT_LE(max_difference(mean, golden.tensor("mean")), 1e-5);
  expect_independent_of_batch(encoder, {golden.sequences.begin(), golden.sequences.begin() + 8});
}

EncoderConfig small_config(int64_t layers) {
  EncoderConfig config = read_encoder_config(encoder_path("tiny-bert") / "config.json");
  config.layers = layers;
  return config;
}

TEST(RandomStart, IsAPureFunctionOfTheSeed) {
  Encoder first(small_config(2)), second(small_config(2)), other(small_config(2)), deeper(small_config(3));
  torch::manual_seed(1);
  first->random_start(5);
  torch::manual_seed(2);  // no state of the library's generator comes in
  torch::rand(100);
  second->random_start(5);
  other->random_start(6);
  deeper->random_start(5);
  const auto of_second = second->named_parameters(), of_other = other->named_parameters(),
             of_deeper = deeper->named_parameters();
  for (const auto& parameter : first->named_parameters()) {
    EXPECT_TRUE(torch::equal(parameter.value(), of_second[parameter.key()])) << parameter.key();
    EXPECT_TRUE(torch::equal(parameter.value(), of_deeper[parameter.key()])) << parameter.key();
    const bool drawn = parameter.value().dim() == 2;
    EXPECT_EQ(torch::equal(parameter.value(), of_other[parameter.key()]), !drawn) << parameter.key();
  }
}

TEST(RandomStart, DrawsNormalMatricesZeroBiasesAndPlainNorms) {
  EncoderConfig config = small_config(2);
  config.init_std = 0.05;
  Encoder encoder(config);
  encoder->random_start(5);
  std::vector<torch::Tensor> all;
  for (const auto& parameter : encoder->named_parameters()) {
    const torch::Tensor value = parameter.value().detach();
    EXPECT_TRUE(parameter.value().requires_grad()) << parameter.key();
    if (value.dim() == 1) {
      EXPECT_EQ(value.min().item<float>(), parameter.key().ends_with("norm_weight") ? 1 : 0);
      EXPECT_EQ(value.max().item<float>(), value.min().item<float>());
      continue;
    }
    const auto count = static_cast<double>(value.numel());
    EXPECT_NEAR(value.mean().item<double>(), 0, 5 * 0.05 / std::sqrt(count)) << parameter.key();
    EXPECT_NEAR(value.std().item<double>(), 0.05, 5 * 0.05 / std::sqrt(2 * count)) << parameter.key();
    for (const torch::Tensor& before : all)
      EXPECT_FALSE(before.sizes() == value.sizes() && torch::equal(before, value)) << parameter.key();
    all.push_back(value);
  }
  const torch::Tensor words = encoder->word_embeddings.detach().flatten() / 0.05;
  EXPECT_NEAR((words.abs() < 1).to(torch::kFloat64).mean().item<double>(), 0.6827, 0.03);
  EXPECT_NEAR(words.pow(4).mean().item<double>(), 3, 0.5);
}

TEST(Encoder, ParametersBelongToTheirStage) {
  Encoder encoder(small_config(2));
  EXPECT_EQ(encoder->embedding_parameters().size(), 4U);
  EXPECT_EQ(encoder->layer_parameters(1).size(), 12U);
  EXPECT_EQ(encoder->parameters().size(), 4U + 2 * 12U);
  EXPECT_TRUE(encoder->layer_parameters(1)[0].is_same(encoder->stack[1]->qkv_weight));
}

TEST(EncoderOfPairs, LearnsTheSecondRowOfTheTokenTypesAlone) {
  const testing::Threads one(1);
  EncoderConfig config = testing::tiny_config("tiny-bert");
  EXPECT_FALSE(load_tiny("tiny-bert")->named_parameters().contains("token_type_rows"));
  config.pairs = true;
  Encoder encoder = load_encoder(encoder_path("tiny-bert"), config);
  ASSERT_TRUE(encoder->named_parameters().contains("token_type_rows"));
  EXPECT_EQ(encoder->embedding_parameters().size(),
            load_tiny("tiny-bert")->embedding_parameters().size() + 1);
  const std::vector<int32_t> ids = {2, 7, 3, 9, 3};
  const std::vector<TokenIds> pair = {{ids, 3}}, single = {ids};
  const Batch with = make_batch(pair), without = make_batch(single);
  const torch::Tensor hidden = encoder->embed(with.ids, with.layout);
  EXPECT_TRUE(
      torch::equal(hidden.slice(0, 0, 3), encoder->embed(without.ids, without.layout).slice(0, 0, 3)));
  (hidden * testing::normal(hidden.sizes(), 1).to(torch::kFloat32)).sum().backward();
  const torch::Tensor gradient = encoder->token_type_rows.grad();
  EXPECT_EQ(gradient[0].abs().max().item<float>(), 0);
  EXPECT_GT(gradient[1].abs().min().item<float>(), 0);
  encoder->random_start(1);
  EXPECT_EQ(encoder->token_type_rows[0].abs().max().item<float>(), 0);
  EXPECT_GT(encoder->token_type_rows[1].abs().max().item<float>(), 0);
  config = testing::tiny_config("tiny-xlmr");  // which has one row
  config.pairs = true;
  EXPECT_FALSE(Encoder(config)->named_parameters().contains("token_type_rows"));
}

}  // namespace
}  // namespace mtnlp
