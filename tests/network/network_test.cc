#include "network/network.h"

#include "network/fixtures.h"
#include "network/network_embedder.h"

namespace mtnlp {
namespace {

using testing::normal;

Network network_of(PoolingMode pooling, size_t unpooled) {
  ModelSettings settings = testing::tiny_settings("tiny-bert");
  settings.modules.pooling = pooling;
  settings.unpooled = unpooled;
  return Network(Encoder(settings.config), settings);
}

TEST(NetworkPooling, LeavesTheFirstTokensOut) {
  const std::vector<int64_t> lengths = {5, 2, 1, 7};
  const Layout layout = make_layout(lengths);
  const torch::Tensor hidden = normal({layout.tokens(), 6}, 3).to(torch::kFloat32);
  for (const size_t unpooled : {size_t{0}, size_t{1}, size_t{2}, size_t{4}})
    for (const PoolingMode pooling : {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kMax}) {
      const torch::Tensor found = network_of(pooling, unpooled)->pooling->forward(hidden, layout);
      ASSERT_EQ(found.size(0), layout.batch());
      for (int64_t b = 0; b < layout.batch(); ++b) {
        const int64_t end = layout.offsets[static_cast<size_t>(b) + 1];
        const int64_t left = std::max<int64_t>(1, layout.length(b) - static_cast<int64_t>(unpooled));
        const torch::Tensor rest = hidden.slice(0, end - left, end);
        const torch::Tensor expected = pooling == PoolingMode::kMean  ? rest.mean(0)
                                       : pooling == PoolingMode::kCls ? rest[0]
                                                                      : std::get<0>(rest.max(0));
        EXPECT_LT((found[b] - expected).abs().max().item<float>(), 1e-6) << unpooled << " " << b;
      }
    }
}

TEST(NetworkPooling, GradientsGoToTheTokensThatAreLeft) {
  const torch::Tensor hidden = torch::ones({5, 2}, torch::requires_grad());
  network_of(PoolingMode::kMean, 1)
      ->pooling->forward(hidden, make_layout(std::vector<int64_t>{3, 2}))
      .sum()
      .backward();
  EXPECT_TRUE(torch::equal(hidden.grad().select(1, 0), torch::tensor({0.0f, 0.5f, 0.5f, 0.0f, 1.0f})));
}

TEST(Network, NamesEveryParameterOnceFromTheEmbeddingsUp) {
  const Model model = testing::tiny_model("tiny-bert", {{"a.b", {"x", "y"}}, {"mood", {"x", "y", "z"}}});
  const std::vector<Parameter> tensors = model.network->tensors();
  EXPECT_EQ(tensors.size(), model.network->parameters().size());
  std::set<std::string> names;
  for (const Parameter& parameter : tensors) names.insert(parameter.name);
  EXPECT_EQ(names.size(), tensors.size());
  EXPECT_EQ(tensors.front().name, "encoder.word_embeddings");
  EXPECT_EQ(tensors.front().stage.kind, Stage::Kind::kEmbeddings);
  EXPECT_EQ(tensors[4].name, "encoder.layer0.qkv_weight");
  EXPECT_EQ(tensors[tensors.size() - 4].name, "head.a.b.weight");
  EXPECT_EQ(tensors.back().name, "head.mood.bias");
  EXPECT_EQ(tensors.back().stage.index, 1U);
}

TEST(Network, EncoderTensorsAreThoseOfItsFile) {
  for (const std::string name : testing::kTinyEncoders) {
    const Encoder encoder = testing::load_tiny(name);
    const auto parameters = encoder->named_parameters();
    const std::vector<EncoderTensor> tensors = encoder_tensors(encoder->config());
    EXPECT_EQ(tensors.size(), parameters.size());
    for (const EncoderTensor& tensor : tensors) {
      ASSERT_TRUE(parameters.contains(tensor.name)) << tensor.name;
      EXPECT_EQ(parameters[tensor.name].sizes(), tensor.shape) << tensor.name;
    }
  }
}

TEST(NetworkEmbedder, GivesWhatTheEngineGives) {
  const Model model = testing::tiny_model("tiny-bert");
  const auto sequences = testing::Golden("tiny-bert").sequences;
  const NetworkEmbedder network(model.network, torch::kCPU);
  Matrix found(sequences.size(), network.dim()), expected = found;
  network.embed(testing::token_ids(sequences), found.values.data());
  make_embedder(model, torch::kCPU, 1)->embed(testing::token_ids(sequences), expected.values.data());
  EXPECT_LE(testing::max_difference(testing::as_tensor(found), testing::as_tensor(expected)), 1e-5);
}

TEST(Prompt, ItsTokensAreCountedWhereTheyAreNotPooled) {
  const testing::TempFolder folder;
  const fs::path path = folder.path() / "encoder";
  fs::copy(testing::encoder_path("tiny-distilbert"), path);
  Modules modules;
  modules.max_length = 64;
  modules.prompts.texts["query"] = "the good";
  const auto read = [&](bool include_prompt, const PromptChoice& prompt) {
    modules.include_prompt = include_prompt;
    write_modules(path, modules, 32);
    return read_encoder_settings(path, prompt);
  };
  EXPECT_EQ(read(false, {}).unpooled, 0U);
  EXPECT_EQ(read(true, {.name = "query"}).unpooled, 0U);
  const ModelSettings settings = read(false, {.name = "query"});
  EXPECT_EQ(settings.tokenizer->prompt(), "the good");
  EXPECT_EQ(settings.unpooled, 1 + settings.tokenizer->prompt_pieces());
}

}  // namespace
}  // namespace mtnlp
