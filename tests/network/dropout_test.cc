#include "kernels/dropout.h"

#include <cmath>

#include "network/fixtures.h"
#include "network/ops.h"

namespace mtnlp {
namespace {

using testing::batch_of;
using testing::encoder_path;
using testing::Golden;
using testing::kTinyEncoders;

/// 1 where an element is kept, 0 where it is dropped.
torch::Tensor kept(const torch::Tensor& mask) {
  return (mask > 0).to(torch::kFloat64);
}

/// Within 4.5 standard deviations of a sample of so many elements: wrong for one key in 150,000.
void expect_rate(const torch::Tensor& kept, double rate) {
  const auto count = static_cast<double>(kept.numel());
  EXPECT_NEAR(1 - kept.mean().item<double>(), rate, 4.5 * std::sqrt(rate * (1 - rate) / count));
}

/// Pearson's correlation of two samples is 0 within 4.5 standard deviations.
void expect_uncorrelated(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor x = a.flatten() - a.mean(), y = b.flatten() - b.mean();
  const double correlation = ((x * y).mean() / (x.pow(2).mean() * y.pow(2).mean()).sqrt()).item<double>();
  EXPECT_LT(std::abs(correlation), 4.5 / std::sqrt(static_cast<double>(x.numel())));
}

TEST(DropoutMask, RateAndScale) {
  for (const double rate : {0.02, 0.1, 0.5, 0.9}) {
    const BatchDropout dropout{rate, 99};
    const torch::Tensor mask = dropout_mask(dropout, 1000, 300);
    expect_rate(kept(mask), rate);
    EXPECT_TRUE(torch::equal(mask, (mask > 0).to(torch::kFloat32) * dropout.of_tokens().scale()));
    EXPECT_FLOAT_EQ(dropout.of_tokens().scale(), static_cast<float>(1 / (1 - rate)));
    EXPECT_NEAR(mask.mean().item<double>(), 1, 0.03);  // the expectation stays
  }
  EXPECT_FALSE(BatchDropout{}.active());
  EXPECT_TRUE(dropout_mask({0.0, 1}, 5, 5).eq(1).all().item<bool>());
}

TEST(DropoutMask, EveryRowAndColumnHasTheRate) {
  const torch::Tensor dropped = 1 - kept(dropout_mask({0.1, 7}, 2000, 2000));
  const double deviation = std::sqrt(0.1 * 0.9 / 2000);
  for (const int64_t along : {0, 1}) {
    const torch::Tensor rates = dropped.mean(along);
    EXPECT_LT((rates - 0.1).abs().max().item<double>(), 5.5 * deviation);
    EXPECT_NEAR(rates.std().item<double>(), deviation, 0.1 * deviation);  // as independent draws spread
  }
}

TEST(DropoutMask, NeighboursAreUncorrelated) {
  for (const double rate : {0.1, 0.5}) {
    const torch::Tensor mask = kept(dropout_mask({rate, 21}, 1000, 512));
    for (const int64_t distance : {1, 2, 3, 8, 16, 256}) {
      expect_uncorrelated(mask.slice(0, distance), mask.slice(0, 0, -distance));
      expect_uncorrelated(mask.slice(1, distance), mask.slice(1, 0, -distance));
      expect_uncorrelated(mask.slice(0, distance).slice(1, distance),
                          mask.slice(0, 0, -distance).slice(1, 0, -distance));
    }
  }
}

TEST(DropoutMask, KeysAreUncorrelated) {
  const auto draw = [](uint64_t key) { return kept(dropout_mask({0.1, key}, 500, 200)); };
  for (const uint64_t key : {uint64_t{0}, uint64_t{1}, uint64_t{12345}, uint64_t{1} << 32}) {
    expect_uncorrelated(draw(key), draw(key + 1));
    expect_uncorrelated(draw(key), draw(~key));
    expect_uncorrelated(draw(key), draw(key ^ (uint64_t{1} << 63)));
  }
  expect_uncorrelated(draw(hash_key(1, 2, 3)), draw(hash_key(1, 3, 2)));
}

TEST(DropoutMask, IsAPureFunctionOfItsKey) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor one = dropout_mask({0.3, 5}, 777, 65);
  at::set_num_threads(2);
  EXPECT_TRUE(torch::equal(dropout_mask({0.3, 5}, 777, 65), one));
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(dropout_mask({0.3, 5}, 100, 40), one.slice(0, 0, 100).slice(1, 0, 40)));
  EXPECT_FALSE(torch::equal(dropout_mask({0.3, 6}, 777, 65), one));
}

TEST(DropoutMask, ElementsFollowTheirBits) {
  const BatchDropout dropout{0.25, 3};
  const torch::Tensor mask = dropout_mask(dropout, 3, 5);
  for (int64_t row = 0; row < 3; ++row)
    for (uint32_t column = 0; column < 5; ++column)
      EXPECT_EQ(mask[row][column].item<float>() == 0,
                dropout_bits(dropout.of_tokens().row(static_cast<size_t>(row)), column) < uint32_t{1} << 30);
}

TEST(DropoutMask, FollowsTheTokensWhereverTheyStand) {
  const torch::Tensor keys = torch::tensor(std::vector<int64_t>{7, -5, 7, 1});
  const torch::Tensor mask = dropout_mask({0.5, 3, keys}, 4, 64, 2).view({4, 2, 64});
  EXPECT_TRUE(torch::equal(mask[0], mask[2]));
  EXPECT_FALSE(torch::equal(mask[0], mask[1]));
  EXPECT_FALSE(torch::equal(mask.select(1, 0), mask.select(1, 1)));  // parts of one token differ
  EXPECT_TRUE(torch::equal(dropout_mask({0.5, 3, keys.slice(0, 3)}, 1, 64, 2), mask[3]));
}

// ---- the places inside the encoder ----
// A branch of the constant 1e4 behind a LayerNorm shows its mask by signs: what is kept lies above the mean.

/// Two rates, so that a place with the other's would be seen.
constexpr double kRate = 0.2, kAttentionRate = 0.4;

Encoder dropping_encoder(const std::string& name, double rate = kRate,
                         double attention_rate = kAttentionRate) {
  EncoderConfig config = read_encoder_config(encoder_path(name) / "config.json");
  config.dropout = rate;
  config.attention_dropout = attention_rate;
  Encoder encoder = load_encoder(encoder_path(name), config);
  return encoder;
}

void set(const torch::Tensor& parameter, double value) {
  const torch::NoGradGuard no_grad;
  torch::Tensor(parameter).fill_(value);
}

/// Silences all branches of `layer`, so that it only normalises.
void silence(EncoderLayerImpl& layer) {
  for (const auto& parameter : layer.parameters()) set(parameter, 0);
  set(layer.attention_norm_weight, 1);
  set(layer.output_norm_weight, 1);
}

torch::Tensor signs(const torch::Tensor& hidden) {
  return (hidden > 0).to(torch::kFloat64);
}

/// 20,000 sequences of one token.
struct Input {
  Batch batch = batch_of(std::vector<std::vector<int32_t>>(20'000, {7}));
  torch::Tensor hidden;
  explicit Input(Encoder& encoder) { hidden = encoder->embed(batch.ids, batch.layout).detach(); }
};

torch::Tensor run_layer(Encoder& encoder, const Input& input, int64_t index, uint64_t key,
                        bool training = true) {
  const torch::NoGradGuard no_grad;
  return encoder->layers(input.hidden, input.batch.layout, index, index + 1, {training, key});
}

/// [N, D]
torch::Tensor output_mask(Encoder& encoder, const Input& input, int64_t index, uint64_t key) {
  EncoderLayerImpl& layer = *encoder->stack[static_cast<size_t>(index)];
  silence(layer);
  set(layer.down_bias, 1e4);
  return signs(run_layer(encoder, input, index, key));
}

/// [N, D]
torch::Tensor projection_mask(Encoder& encoder, const Input& input, int64_t index, uint64_t key,
                              bool training = true) {
  EncoderLayerImpl& layer = *encoder->stack[static_cast<size_t>(index)];
  silence(layer);
  set(layer.out_bias, 1e4);
  return signs(run_layer(encoder, input, index, key, training));
}

/// [N, heads], of the only key; wants an encoder that drops nowhere else. The values of a head are 1 and -1
/// in turn: their mean is 0 whatever is dropped.
torch::Tensor attention_mask(Encoder& encoder, Input input, int64_t index, uint64_t key) {
  const torch::NoGradGuard no_grad;
  input.hidden = torch::zeros_like(input.hidden);
  EncoderLayerImpl& layer = *encoder->stack[static_cast<size_t>(index)];
  const EncoderConfig& config = encoder->config();
  silence(layer);
  const torch::Tensor values = layer.qkv_bias.slice(0, 2 * config.dim);
  values.slice(0, 0, config.dim, 2).fill_(1);
  values.slice(0, 1, config.dim, 2).fill_(-1);
  layer.out_weight.copy_(torch::eye(config.dim) * 1e4);
  const torch::Tensor heads =
      signs(run_layer(encoder, input, index, key)).view({-1, config.heads, config.head_dim()});
  for (int64_t feature = 2; feature < config.head_dim(); feature += 2)
    EXPECT_TRUE(torch::equal(heads.select(2, feature), heads.select(2, 0)));  // per head, not per feature
  return heads.select(2, 0);
}

/// [N, D]
torch::Tensor embedding_mask(Encoder& encoder, const Input& input, uint64_t key) {
  return kept(encoder->embed(input.batch.ids, input.batch.layout, {true, key}).detach() / input.hidden);
}

TEST(EncoderDropout, NoneInEvaluation) {
  const torch::NoGradGuard no_grad;
  for (const char* name : kTinyEncoders) {
    const Batch batch = batch_of(Golden(name).sequences);
    Encoder encoder = dropping_encoder(name), still = dropping_encoder(name, 0, 0);
    EXPECT_TRUE(torch::equal(encoder->forward(batch), still->forward(batch)));
    EXPECT_TRUE(torch::equal(encoder->forward(batch, {false, 5}), still->forward(batch)));
    EXPECT_TRUE(torch::equal(still->forward(batch, {true, 5}), still->forward(batch)));
    EXPECT_FALSE(torch::equal(encoder->forward(batch, {true, 5}), still->forward(batch)));
    EXPECT_TRUE(torch::equal(encoder->forward(batch, {true, 5}), encoder->forward(batch, {true, 5})));
    EXPECT_FALSE(torch::equal(encoder->forward(batch, {true, 5}), encoder->forward(batch, {true, 6})));
  }
}

TEST(EncoderDropout, SetDropoutOverridesBothRates) {
  const torch::NoGradGuard no_grad;
  for (const char* name : kTinyEncoders) {
    const Batch batch = batch_of(Golden(name).sequences);
    Encoder encoder = dropping_encoder(name), same = dropping_encoder(name, 0.3, 0.3);
    encoder->set_dropout(0.3);
    EXPECT_TRUE(torch::equal(encoder->forward(batch, {true, 5}), same->forward(batch, {true, 5})));
  }
}

TEST(EncoderDropout, AfterTheEmbeddings) {
  for (const char* name : kTinyEncoders) {
    Encoder encoder = dropping_encoder(name);
    const Input input(encoder);
    const torch::Tensor mask = embedding_mask(encoder, input, 3);
    expect_rate(mask, kRate);
    const torch::Tensor dropped = encoder->embed(input.batch.ids, input.batch.layout, {true, 3}).detach();
    EXPECT_LT((dropped / input.hidden - mask / (1 - kRate)).abs().max().item<double>(), 1e-5);
  }
}

TEST(EncoderDropout, AfterTheFeedForwardPart) {
  for (const char* name : kTinyEncoders) {
    Encoder encoder = dropping_encoder(name);
    expect_rate(output_mask(encoder, Input(encoder), 1, 3), kRate);
  }
}

TEST(EncoderDropout, AfterTheProjectionInBertOnly) {
  for (const char* name : kTinyEncoders) {
    SCOPED_TRACE(name);
    Encoder encoder = dropping_encoder(name);
    const Input input(encoder);
    const torch::Tensor mask = projection_mask(encoder, input, 1, 3);
    if (std::string(name) == "tiny-distilbert")
      EXPECT_TRUE(torch::equal(mask, projection_mask(encoder, input, 1, 3, false)));
    else
      expect_rate(mask, kRate);
  }
}

TEST(EncoderDropout, OnAttentionProbabilities) {
  for (const char* name : kTinyEncoders) {
    SCOPED_TRACE(name);
    Encoder encoder = dropping_encoder(name, 0, kAttentionRate);
    const torch::Tensor mask = attention_mask(encoder, Input(encoder), 1, 3);
    for (int64_t head = 0; head < mask.size(1); ++head) expect_rate(mask.select(1, head), kAttentionRate);
    for (int64_t head = 1; head < mask.size(1); ++head)
      expect_uncorrelated(mask.select(1, head), mask.select(1, 0));
  }
}

TEST(EncoderDropout, LayersPlacesAndStepsAreUncorrelated) {
  Encoder encoder = dropping_encoder("tiny-bert"), attentive = dropping_encoder("tiny-bert", 0);
  const Input input(encoder);
  // The first column of every mask by its rows, where places that shared a key would be alike.
  std::vector<torch::Tensor> all;
  for (const uint64_t step : {3, 4}) {
    all.push_back(embedding_mask(encoder, input, step).select(1, 0));
    for (const int64_t layer : {0, 1}) {
      all.push_back(output_mask(encoder, input, layer, step).select(1, 0));
      all.push_back(projection_mask(encoder, input, layer, step).select(1, 0));
      all.push_back(attention_mask(attentive, input, layer, step).flatten().slice(0, 0, all[0].numel()));
    }
  }
  for (size_t a = 0; a < all.size(); ++a)
    for (size_t b = 0; b < a; ++b) expect_uncorrelated(all[a], all[b]);
}

}  // namespace
}  // namespace mtnlp
