// The inference engine against `transformers`, and what it promises about batches and threads.
#include "engine/engine.h"

#include "base/random.h"
#include "network/fixtures.h"
#include "network/instruction_sets.h"
#include "text/golden.h"

namespace mtnlp {
namespace {

using testing::Golden;
using testing::hidden_states;
using testing::kTinyEncoders;
using testing::least_cosine;
using testing::max_difference;
using testing::tiny_engine;
using testing::tiny_settings;
using testing::token_ids;
using testing::with_every_instruction_set;

using TokenLists = std::vector<std::vector<int32_t>>;

torch::Tensor embeddings(const Embedder& embedder, const TokenLists& sequences) {
  Matrix out(sequences.size(), embedder.dim());
  embedder.embed(token_ids(sequences), out.values.data());
  return testing::as_tensor(out);
}

class EngineTest : public ::testing::TestWithParam<const char*> {
 protected:
  const Golden golden_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Tiny, EngineTest,
                         ::testing::Values("tiny-distilbert", "tiny-bert", "tiny-xlmr", "tiny-multilingual"),
                         [](const auto& instance) { return testing::test_name(instance.param); });

TEST_P(EngineTest, HiddenStatesEqualTransformers) {
  with_every_instruction_set([&] {
    const auto engine = tiny_engine(GetParam());
    const int64_t layers = tiny_settings(GetParam()).config.layers;
    EXPECT_LE(max_difference(hidden_states(*engine, golden_.sequences),
                             golden_.tensor("hidden." + std::to_string(layers))),
              1e-5);
  });
}

TEST_P(EngineTest, EveryPoolingEqualsTransformers) {
  for (const PoolingMode pooling : {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kMax}) {
    ModelSettings settings = tiny_settings(GetParam());
    settings.modules.pooling = pooling;
    const auto engine = load_engine(testing::encoder_path(GetParam()), settings, {}, 1);
    EXPECT_LE(max_difference(embeddings(*engine, golden_.sequences), golden_.tensor(pooling_name(pooling))),
              1e-5);
  }
}

TEST_P(EngineTest, OfANetworkInMemoryIsThatOfItsFolder) {
  Model model{tiny_settings(GetParam())};
  model.network = Network(testing::load_tiny(GetParam()), model.settings);
  EXPECT_TRUE(torch::equal(embeddings(*make_engine(model, 1), golden_.sequences),
                           embeddings(*tiny_engine(GetParam()), golden_.sequences)));
  EXPECT_TRUE(model.network->encoder->parameters()[0].requires_grad());
}

/// A text of windows has the mean of what they have alone, here and in the network.
TEST_P(EngineTest, WindowsAreAveraged) {
  constexpr size_t kWindow = 4;
  std::vector<int32_t> ids;
  for (const std::vector<int32_t>& sequence : golden_.sequences)
    ids.insert(ids.end(), sequence.begin(), sequence.end());
  ids.resize(2 * kWindow + 1);
  const std::vector<int32_t> other = golden_.sequences[0];
  TokenLists windows;
  for (size_t at = 0; at < ids.size(); at += kWindow)
    windows.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(at),
                         ids.begin() + static_cast<std::ptrdiff_t>(std::min(at + kWindow, ids.size())));
  const TokenIds texts[] = {other, {ids, TokenIds::kNone, kWindow}};
  for (const PoolingMode pooling : {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kMax}) {
    Model model{tiny_settings(GetParam())};
    model.settings.modules.pooling = pooling;
    model.network = Network(testing::load_tiny(GetParam()), model.settings);
    const auto engine = make_engine(model, 2);
    Matrix found(2, engine->dim());
    engine->embed(texts, found.values.data());
    const torch::Tensor expected =
        torch::stack({embeddings(*engine, {other})[0], embeddings(*engine, windows).mean(0)});
    EXPECT_LE(max_difference(testing::as_tensor(found), expected), 1e-6);
    EXPECT_LE(max_difference(model.network->embed(make_batch(texts)), expected), 1e-5);
  }
}

/// A sentence in any batch, with any number of threads, gives the bits that it gives alone.
TEST_P(EngineTest, ASentenceDependsOnNoOtherAndOnNoThread) {
  const TokenLists& sequences = golden_.sequences;
  for (const Precision precision : {Precision::kFp32, Precision::kInt8, Precision::kBf16}) {
    const auto engine = tiny_engine(GetParam(), precision);
    std::vector<torch::Tensor> alone;
    for (const auto& sequence : sequences) alone.push_back(embeddings(*engine, {sequence}));
    KeyedRandom random(1);
    for (const int threads : {1, 2, 5}) {
      const auto shared = tiny_engine(GetParam(), precision, threads);
      std::vector<size_t> chosen(1 + random.below(8 * sequences.size()));
      TokenLists drawn;
      for (size_t& index : chosen) drawn.push_back(sequences[index = random.below(sequences.size())]);
      const torch::Tensor all = embeddings(*shared, drawn);
      for (size_t b = 0; b < chosen.size(); ++b)
        EXPECT_TRUE(torch::equal(all[static_cast<int64_t>(b)], alone[chosen[b]][0]))
            << "batch of " << chosen.size() << ", sentence " << b;
    }
  }
}

TEST_P(EngineTest, OtherPrecisionsStayNearFloat) {
  const torch::Tensor exact = hidden_states(*tiny_engine(GetParam()), golden_.sequences);
  for (const Precision precision : {Precision::kBf16, Precision::kInt8}) {
    const torch::Tensor rounded = hidden_states(*tiny_engine(GetParam(), precision), golden_.sequences);
    EXPECT_GT(least_cosine(rounded, exact), 0.99);
    EXPECT_GT(max_difference(rounded, exact), 0);
  }
}

TEST_P(EngineTest, Bf16IsThatOfTraining) {
  const torch::NoGradGuard no_grad;
  Encoder encoder = testing::load_tiny(GetParam());
  encoder->set_precision(Precision::kBf16);
  const torch::Tensor trained = encoder->forward(testing::batch_of(golden_.sequences));
  const torch::Tensor found = hidden_states(*tiny_engine(GetParam(), Precision::kBf16), golden_.sequences);
  EXPECT_GT(least_cosine(found, trained), 0.9995);
}

/// An encoder of sizes that no vector kernel takes: 3 heads of 5.
EncoderConfig odd_config() {
  EncoderConfig config = testing::tiny_config("tiny-bert");
  config.dim = 15;
  config.heads = 3;
  config.hidden_dim = 21;
  return config;
}

TEST(OddSizes, EqualTheNetwork) {
  const torch::NoGradGuard no_grad;
  Model model{{}};
  model.settings.config = odd_config();
  Encoder encoder(model.settings.config);
  encoder->random_start(3);
  model.network = Network(encoder, model.settings);
  const TokenLists sequences = Golden("tiny-bert").sequences;
  const torch::Tensor expected = encoder->forward(testing::batch_of(sequences));
  EXPECT_LE(max_difference(hidden_states(*make_engine(model, 2), sequences), expected), 1e-5);
  testing::expect_error([&] { Engine(model.settings, source_of(*encoder), {}, Precision::kInt8, 1); },
                        {"int8", "multiples of 8", "15"});
}

TEST(Pooling, LeavesTheFirstTokensOut) {
  ModelSettings settings = tiny_settings("tiny-bert");
  const TokenLists sequences = Golden("tiny-bert").sequences;
  const torch::Tensor hidden = hidden_states(*tiny_engine("tiny-bert"), sequences);
  for (const size_t unpooled : {size_t{0}, size_t{1}, size_t{2}, size_t{40}}) {
    settings.unpooled = unpooled;
    const torch::Tensor found =
        embeddings(*load_engine(testing::encoder_path("tiny-bert"), settings, {}, 1), sequences);
    int64_t end = 0;
    for (size_t b = 0; b < sequences.size(); ++b) {
      const auto length = static_cast<int64_t>(sequences[b].size());
      end += length;
      const int64_t left = std::max<int64_t>(1, length - static_cast<int64_t>(unpooled));
      const torch::Tensor expected = hidden.slice(0, end - left, end).mean(0);
      EXPECT_LE(max_difference(found[static_cast<int64_t>(b)], expected), 1e-6) << unpooled << " " << b;
    }
  }
}

TEST(DefaultEncoder, EngineEqualsTransformers) {
  const fs::path folder = fs::path(MTNLP_SOURCE_DIR) / "models" / "minilm-l6";
  if (!fs::exists(folder / "model.safetensors")) GTEST_SKIP() << "./run fetch brings the default encoder";
  const Golden golden("minilm-l6");
  const ModelSettings settings = read_encoder_settings(folder);
  const torch::Tensor exact = embeddings(*load_engine(folder, settings, {}, 2), golden.sequences);
  EXPECT_LE(max_difference(exact, golden.tensor("mean")), 1e-5);
  const torch::Tensor bytes =
      embeddings(*load_engine(folder, settings, Precision::kInt8, 2), golden.sequences);
  EXPECT_GT(least_cosine(bytes, exact), 0.99);
  EXPECT_GT(torch::cosine_similarity(bytes, exact, 1).mean().item<double>(), 0.998);
}

}  // namespace
}  // namespace mtnlp
