// Attention pooling against a plain form, in values and gradients, and its way through files, freezing and the engine.
#include "network/pooling.h"

#include "engine/quantize_folder.h"
#include "infer/batches.h"
#include "infer/predictor.h"
#include "network/fixtures.h"
#include "train/freeze.h"
#include "train/frozen_stages.h"
#include "train/optimizer.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::normal;

/// PyTorch's own attention, for one sequence after another.
torch::Tensor plain_attention(const torch::Tensor& hidden, const Layout& layout, const torch::Tensor& query,
                              int64_t heads) {
  const auto cut = [&](const torch::Tensor& rows) {  // [heads, rows, D / heads]
    return rows.view({-1, heads, query.size(0) / heads}).transpose(0, 1);
  };
  std::vector<torch::Tensor> rows;
  for (int64_t b = 0; b < layout.batch(); ++b) {
    const auto at = static_cast<size_t>(b);
    const torch::Tensor tokens = hidden.slice(0, layout.offsets[at], layout.offsets[at + 1]);
    rows.push_back(at::scaled_dot_product_attention(cut(query), cut(tokens), cut(tokens)).flatten());
  }
  return torch::stack(rows);
}

Pooling attention(const torch::Tensor& query, int64_t heads) {
  Pooling pooling(PoolingMode(PoolingMode::kAttention, heads), query.size(0), 0);
  pooling->to(query.scalar_type());
  const torch::NoGradGuard no_grad;
  pooling->parameters()[0].copy_(query);
  return pooling;
}

class AttentionPooling : public ::testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Heads, AttentionPooling, ::testing::Values(1, 2, 8));

TEST_P(AttentionPooling, ValuesAndGradientsEqualPyTorchs) {
  const Layout layout = make_layout(std::vector<int64_t>{5, 1, 9, 2});
  const torch::Tensor start = normal({layout.tokens(), 24}, 3), query = normal({24}, 4) * 3;
  const torch::Tensor upstream = normal({4, 24}, 5);
  const torch::Tensor expected_hidden = start.clone().requires_grad_(),
                      expected_query = query.clone().requires_grad_();
  const torch::Tensor expected = plain_attention(expected_hidden, layout, expected_query, GetParam());
  (expected * upstream).sum().backward();
  Pooling pooling = attention(query, GetParam());
  const torch::Tensor hidden = start.clone().requires_grad_();
  const torch::Tensor found = pooling->forward(hidden, layout);
  (found * upstream).sum().backward();
  EXPECT_LE(max_difference(found, expected), 1e-12);
  EXPECT_LE(max_difference(hidden.grad(), expected_hidden.grad()), 1e-12);
  EXPECT_LE(max_difference(pooling->parameters()[0].grad(), expected_query.grad()), 1e-12);
}

TEST(Pooling, GradientsOfWindowsAreThoseOfTheirMean) {
  for (const auto kind :
       {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kMax, PoolingMode::kAttention}) {
    Layout layout = make_layout(std::vector<int64_t>{4, 4, 1, 3, 4, 2});
    const Pooling pooling(kind, 8, 0);
    const torch::Tensor start = normal({layout.tokens(), 8}, 3), upstream = normal({3, 8}, 5);
    const torch::Tensor alone = start.clone().requires_grad_(), hidden = start.clone().requires_grad_();
    const torch::Tensor pooled = pooling->forward(alone, layout);
    const torch::Tensor expected =
        torch::stack({pooled.slice(0, 0, 3).mean(0), pooled[3], pooled.slice(0, 4, 6).mean(0)});
    (expected * upstream).sum().backward();
    layout.windows = {3, 1, 2};
    const torch::Tensor found = pooling->forward(hidden, layout);
    (found * upstream).sum().backward();
    EXPECT_LE(max_difference(found, expected), 1e-6);
    EXPECT_LE(max_difference(hidden.grad(), alone.grad()), 1e-6);
  }
}

TEST_P(AttentionPooling, HasTheNumericalGradient) {
  const Layout layout = make_layout(std::vector<int64_t>{3, 4});
  const torch::Tensor hidden = normal({7, 8}, 6), upstream = normal({2, 8}, 7), query = normal({8}, 8);
  const auto value = [&](const torch::Tensor& at) {
    const torch::NoGradGuard no_grad;
    return (attention(at, GetParam())->forward(hidden, layout) * upstream).sum().item<double>();
  };
  Pooling pooling = attention(query, GetParam());
  (pooling->forward(hidden, layout) * upstream).sum().backward();
  for (int64_t i = 0; i < 8; ++i) {
    torch::Tensor up = query.clone(), down = query.clone();
    up[i] += 1e-5;
    down[i] -= 1e-5;
    EXPECT_NEAR(pooling->parameters()[0].grad()[i].item<double>(), (value(up) - value(down)) / 2e-5, 1e-7);
  }
}

TEST_P(AttentionPooling, StartsAsTheMean) {
  const Layout layout = make_layout(std::vector<int64_t>{5, 1, 9});
  const torch::Tensor hidden = normal({layout.tokens(), 16}, 3).to(torch::kFloat32);
  EXPECT_LE(max_difference(
                Pooling(PoolingMode(PoolingMode::kAttention, GetParam()), 16, 1)->forward(hidden, layout),
                Pooling(PoolingMode::kMean, 16, 1)->forward(hidden, layout)),
            1e-6);
}

TEST(AttentionHeads, HaveTheirOwnWeights) {
  const Layout layout = make_layout(std::vector<int64_t>{2});
  const torch::Tensor hidden = torch::tensor({{1.0, 2.0}, {3.0, 4.0}}, torch::kFloat64),
                      query = torch::tensor({200.0, -200.0}, torch::kFloat64);
  EXPECT_LE(max_difference(attention(query, 2)->forward(hidden, layout), torch::tensor({{3.0, 2.0}})), 1e-9);
  EXPECT_LE(max_difference(attention(query, 1)->forward(hidden, layout), torch::tensor({{2.0, 3.0}})), 1e-9);
}

TEST(AttentionHeads, DivideTheEmbedding) {
  EXPECT_EQ(pooling_tensors({PoolingMode::kAttention, 6}, 48)[0].shape, std::vector<int64_t>{48});
  testing::expect_error([] { Pooling(PoolingMode(PoolingMode::kAttention, 5), 48, 0); },
                        {"pooling attention:5", "48 numbers", "5 equal parts", "must divide 48"});
}

class AttentionModel : public ::testing::TestWithParam<int64_t> {
 protected:
  AttentionModel() {
    const testing::TrainingGolden golden("tiny-bert");
    model = golden.model();
    model.settings.modules.pooling = mode;
    model.network = Network(model.network->encoder, model.settings);
    model.network->start_heads(42);
    const torch::NoGradGuard no_grad;
    model.network->pooling->parameters()[0].copy_(normal({48}, 9));
  }
  torch::Tensor embeddings() {
    const torch::NoGradGuard no_grad;
    return model.network->embed(testing::batch_of(sequences));
  }
  torch::Tensor of(const Embedder& embedder) const {
    return testing::as_tensor(embed_all(embedder, testing::token_ids(sequences)));
  }

  const std::vector<std::vector<int32_t>> sequences = testing::Golden("tiny-bert").sequences;
  const PoolingMode mode{PoolingMode::kAttention, GetParam()};
  Model model;
  testing::TempFolder folder;
};
INSTANTIATE_TEST_SUITE_P(Heads, AttentionModel, ::testing::Values(1, 4));

TEST_P(AttentionModel, TheEngineEqualsTheNetwork) {
  EXPECT_LE(max_difference(of(*make_engine(model, 2)), embeddings()), 1e-5);
}

TEST_P(AttentionModel, IsSavedLoadedAndQuantised) {
  const fs::path path = folder.path() / "checkpoint", small = folder.path() / "small";
  fs::create_directory(path);
  save_checkpoint(path, model);
  EXPECT_FALSE(fs::exists(path / "modules.json"));
  EXPECT_NE(read_file(path / "README.md").find("does not have this pooling"), std::string::npos);
  const torch::Tensor expected = embeddings();
  const Model loaded = load_checkpoint(path);
  EXPECT_TRUE(
      torch::equal(loaded.network->pooling->parameters()[0], model.network->pooling->parameters()[0]));
  const Predictor predictor = load_predictor(path, {}, /*need_heads=*/true);
  EXPECT_EQ(predictor.settings().modules.pooling, mode);
  const PoolingMode other{PoolingMode::kAttention, 3};
  testing::expect_error([&] { load_predictor(path, {.pooling = other}, true); },
                        {path.string(), "trained as " + pooling_name(mode), "attention:3 does not fit"});
  const Predictor as_mean = load_predictor(path, {.pooling = PoolingMode::kMean}, true);
  EXPECT_GT(max_difference(of(as_mean.embedder()), expected), 1e-3);
  EXPECT_LE(max_difference(of(predictor.embedder()), expected), 1e-5);
  quantize_folder(path, small);
  const Predictor quantised = load_predictor(small, {}, /*need_heads=*/true);
  EXPECT_GT(torch::cosine_similarity(of(quantised.embedder()), expected, 1).min().item<double>(), 0.99);
  fs::remove(path / kPoolingFile);
  testing::expect_error([&] { load_checkpoint(path); }, {"pooling.safetensors"});
}

TEST_P(AttentionModel, AnEncoderWithoutItsWeightsIsRefused) {
  testing::expect_error([&] { load_predictor(testing::encoder_path("tiny-bert"), {.pooling = mode}, false); },
                        {"pooling.safetensors: no such file", pooling_name(mode) + " pooling has weights"});
}

TEST_P(AttentionModel, TrainsAtTheRateOfTheHeadsUnlessFrozen) {
  const auto trains = [&](const char* form) {
    apply_freeze(parse_freeze(form), model);
    return model.network->pooling->parameters()[0].requires_grad();
  };
  EXPECT_TRUE(trains("none"));
  EXPECT_TRUE(trains("backbone"));
  EXPECT_FALSE(trains("pooling"));
  EXPECT_FALSE(trains("all"));
  EXPECT_TRUE(trains("head:topic"));
  AdamW optimizer(*model.network, {.lr = 0.01, .head_lr = 0.1, .weight_decay = 0, .clip = 0});
  const torch::Tensor query = model.network->pooling->parameters()[0], before = query.detach().clone();
  query.mutable_grad() = torch::ones_like(query);
  optimizer.step(1);
  EXPECT_LE(max_difference(query, before - 0.1), 1e-6);
}

TEST_P(AttentionModel, WhileItTrainsFrozenLayersGiveHiddenStates) {
  const testing::TrainingGolden golden("tiny-bert");
  const std::vector<uint32_t> rows = {3, 50, 4};
  for (const bool frozen : {false, true}) {
    const int64_t stages = apply_freeze(parse_freeze(frozen ? "all" : "backbone"), model);
    const FrozenStages lowest(*model.network, golden.rows, stages, rows, {.cache_bytes = size_t{1} << 20});
    EXPECT_EQ(lowest.whole_backbone(), frozen);
    const torch::Tensor found =
        training_embeddings(*model.network, golden.rows, rows, &lowest, {true, 5}, torch::kCPU);
    const torch::NoGradGuard no_grad;
    EXPECT_LE(max_difference(found, model.network->embed(make_batch(golden.rows.sequences(rows)))), 1e-5);
    EXPECT_EQ(found.requires_grad(), !frozen);
  }
}

}  // namespace
}  // namespace mtnlp
