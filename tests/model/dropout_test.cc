#include "mtnlp/model/dropout.h"

#include <cmath>

#include "model/fixtures.h"
#include "mtnlp/model/ops.h"

namespace mtnlp {
namespace {

using testing::Golden;
using testing::load_tiny;
using testing::pack_all;

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
    const Dropout dropout{rate, 99};
    const torch::Tensor mask = dropout_mask(dropout, 1000, 300);
    expect_rate(kept(mask), rate);
    EXPECT_TRUE(torch::equal(mask, (mask > 0).to(torch::kFloat32) * dropout.scale()));
    EXPECT_FLOAT_EQ(dropout.scale(), static_cast<float>(1 / (1 - rate)));
    EXPECT_NEAR(mask.mean().item<double>(), 1, 0.03);  // the expectation stays
  }
  EXPECT_FALSE(Dropout{}.active());
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
  const Dropout dropout{0.25, 3};
  const torch::Tensor mask = dropout_mask(dropout, 3, 5);
  for (int64_t row = 0; row < 3; ++row)
    for (uint32_t column = 0; column < 5; ++column)
      EXPECT_EQ(mask[row][column].item<float>() == 0,
                dropout_bits(row_key(3, static_cast<uint64_t>(row)), column) < uint32_t{1} << 30);
}

// ---- the places inside the encoder
// ------------------------------------------------------------------------------ A branch of the constant 1e4
// behind a LayerNorm shows its mask by signs: what is kept lies above the mean.

constexpr double kRate = 0.2;

Encoder dropping_encoder(const std::string& name) {
  Encoder encoder = load_tiny(name);
  encoder->set_dropout(kRate);
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

struct Input {
  Batch batch = pack_all(std::vector<std::vector<int32_t>>(60, std::vector<int32_t>(40, 7)));
  torch::Tensor hidden;
  explicit Input(Encoder& encoder) { hidden = encoder->embed(batch.ids, batch.layout).detach(); }
};

torch::Tensor run_layer(Encoder& encoder, const Input& input, int64_t index, uint64_t key,
                        bool training = true) {
  const torch::NoGradGuard no_grad;
  return encoder->layers(input.hidden, input.batch.layout, index, index + 1, {training, key});
}

TEST(EncoderDropout, NoneInEvaluation) {
  const torch::NoGradGuard no_grad;
  for (const char* name : testing::kTinyEncoders) {
    const Batch batch = pack_all(Golden(name).sequences);
    Encoder encoder = dropping_encoder(name), still = load_tiny(name);
    still->set_dropout(0);
    EXPECT_TRUE(torch::equal(encoder->forward(batch), still->forward(batch)));
    EXPECT_TRUE(torch::equal(encoder->forward(batch, {false, 5}), still->forward(batch)));
    EXPECT_TRUE(torch::equal(still->forward(batch, {true, 5}), still->forward(batch)));
    EXPECT_FALSE(torch::equal(encoder->forward(batch, {true, 5}), still->forward(batch)));
    EXPECT_TRUE(torch::equal(encoder->forward(batch, {true, 5}), encoder->forward(batch, {true, 5})));
    EXPECT_FALSE(torch::equal(encoder->forward(batch, {true, 5}), encoder->forward(batch, {true, 6})));
  }
}

TEST(EncoderDropout, ConfigGivesTheRates) {
  EncoderConfig config = read_encoder_config(testing::encoder_path("tiny-bert") / "config.json");
  config.dropout = config.attention_dropout = 0;
  Encoder encoder(config);
  encoder->random_start(1);
  const Batch batch = pack_all(Golden("tiny-bert").sequences);
  EXPECT_TRUE(torch::equal(encoder->forward(batch, {true, 5}), encoder->forward(batch)));
}

TEST(EncoderDropout, AfterTheEmbeddings) {
  for (const char* name : testing::kTinyEncoders) {
    Encoder encoder = dropping_encoder(name);
    const Input input(encoder);
    const torch::Tensor ratio =
        encoder->embed(input.batch.ids, input.batch.layout, {true, 3}).detach() / input.hidden;
    expect_rate(kept(ratio), kRate);
    EXPECT_LT((ratio - (ratio > 0.5).to(torch::kFloat32) / (1 - kRate)).abs().max().item<double>(), 1e-5);
  }
}

TEST(EncoderDropout, AfterTheFeedForwardPart) {
  for (const char* name : testing::kTinyEncoders) {
    Encoder encoder = dropping_encoder(name);
    silence(*encoder->stack[1]);
    set(encoder->stack[1]->down_bias, 1e4);
    expect_rate(signs(run_layer(encoder, Input(encoder), 1, 3)), kRate);
  }
}

TEST(EncoderDropout, AfterTheProjectionInBertOnly) {
  for (const char* name : testing::kTinyEncoders) {
    SCOPED_TRACE(name);
    Encoder encoder = dropping_encoder(name);
    silence(*encoder->stack[1]);
    set(encoder->stack[1]->out_bias, 1e4);
    const Input input(encoder);
    const torch::Tensor trained = run_layer(encoder, input, 1, 3);
    if (std::string(name) == "tiny-distilbert")
      EXPECT_TRUE(torch::equal(trained, run_layer(encoder, input, 1, 3, false)));
    else
      expect_rate(signs(trained), kRate);
  }
}

/// Sequences of one token, values of 1: a head's output is the mask of its only probability, spread over its
/// features.
torch::Tensor attention_mask_seen(Encoder& encoder, const Batch& batch, uint64_t key) {
  const torch::NoGradGuard no_grad;
  EncoderLayerImpl& layer = *encoder->stack[1];
  const EncoderConfig& config = encoder->config();
  silence(layer);
  set(layer.qkv_bias.slice(0, 2 * config.dim), 1);
  layer.out_weight.copy_(torch::eye(config.dim) * 1e4);
  const torch::Tensor hidden = torch::zeros({batch.layout.tokens(), config.dim});
  const torch::Tensor out = encoder->layers(hidden, batch.layout, 1, 2, {true, key});
  // A row whose heads are all kept, or all dropped, is constant and says nothing; LayerNorm makes it 0.
  return signs(out).view({batch.layout.tokens(), config.heads, config.head_dim()});
}

TEST(EncoderDropout, OnAttentionProbabilities) {
  Encoder encoder = dropping_encoder("tiny-distilbert");  // no dropout after its projection
  const Batch batch = pack_all(std::vector<std::vector<int32_t>>(20'000, {7}));
  const torch::Tensor seen = attention_mask_seen(encoder, batch, 3);
  EXPECT_TRUE(
      torch::equal(seen, seen.select(2, 0).unsqueeze(2).expand_as(seen)));  // per head, not per feature
  const torch::Tensor heads = seen.select(2, 0), sum = heads.sum(1);        // rows of 4 heads
  const auto count = [&](double kept_heads) { return (sum == kept_heads).sum().item<double>() / 20'000; };
  EXPECT_NEAR(count(1), 4 * 0.8 * 0.008, 0.005);
  EXPECT_NEAR(count(2), 6 * 0.64 * 0.04, 0.012);
  EXPECT_NEAR(count(3), 4 * 0.512 * 0.2, 0.016);
  EXPECT_NEAR(count(0), 0.4096 + 0.0016, 0.016);
  for (int64_t head = 1; head < 4; ++head) {  // given that some and not all are kept, none is favoured
    const torch::Tensor mixed = heads.index_select(0, (sum == 3).nonzero().flatten());
    EXPECT_NEAR(mixed.select(1, head).mean().item<double>(), 0.75, 0.03);
  }
}

TEST(EncoderDropout, LayersPlacesAndStepsAreUncorrelated) {
  Encoder encoder = dropping_encoder("tiny-bert");
  const Input input(encoder);
  for (int64_t i = 0; i < 2; ++i) {
    silence(*encoder->stack[static_cast<size_t>(i)]);
    set(encoder->stack[static_cast<size_t>(i)]->down_bias, 1e4);
  }
  const torch::Tensor output0 = signs(run_layer(encoder, input, 0, 3)),
                      output1 = signs(run_layer(encoder, input, 1, 3)),
                      next_step = signs(run_layer(encoder, input, 1, 4));
  set(encoder->stack[1]->down_bias, 0);
  set(encoder->stack[1]->out_bias, 1e4);
  const torch::Tensor projection1 = signs(run_layer(encoder, input, 1, 3));
  const torch::Tensor embedded =
      kept(encoder->embed(input.batch.ids, input.batch.layout, {true, 3}).detach() / input.hidden);
  const std::vector<torch::Tensor> all = {output0, output1, next_step, projection1, embedded};
  for (size_t a = 0; a < all.size(); ++a)
    for (size_t b = 0; b < a; ++b) expect_uncorrelated(all[a], all[b]);
}

}  // namespace
}  // namespace mtnlp
