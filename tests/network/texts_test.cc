// From text to embedding against `transformers`: texts.safetensors of tests/golden/make_model_goldens.py.
// XLM-R's tokenizer stands beside an encoder of its own and one of BERT (the layout of
// paraphrase-multilingual-MiniLM).
#include "infer/batches.h"
#include "infer/predictor.h"
#include "network/fixtures.h"
#include "network/network_embedder.h"
#include "text/golden.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::max_difference;
using testing::raw_tensor;
using testing::TempFolder;

class Texts : public ::testing::TestWithParam<const char*> {
 protected:
  /// The encoder's folder with its tokenizer.
  fs::path folder() const {
    const fs::path encoder = encoder_path(GetParam());
    if (fs::exists(encoder / "vocab.txt")) return encoder;
    for (const char* name : {"config.json", "model.safetensors"})
      fs::copy_file(encoder / name, folder_.path() / name, fs::copy_options::overwrite_existing);
    folder_.write("sentencepiece.bpe.model", testing::read_golden("xlmr/sentencepiece.bpe.model"));
    folder_.write("tokenizer_config.json",
                  R"({"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 64})");
    return folder_.path();
  }

  TempFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Tiny, Texts,
                         ::testing::Values("tiny-distilbert", "tiny-bert", "tiny-xlmr", "tiny-multilingual"),
                         [](const auto& instance) { return testing::test_name(instance.param); });

TEST_P(Texts, IdsAndEmbeddingsEqualTransformers) {
  const Predictor predictor = load_predictor(folder(), {}, /*need_heads=*/false);
  const ModelSettings& settings = predictor.settings();
  EXPECT_EQ(settings.cut.max_length, 64U);
  std::ifstream lines(encoder_path("texts.txt"));
  std::vector<std::vector<int32_t>> ids;
  for (std::string line; std::getline(lines, line);)
    ids.push_back(settings.tokenizer->encode(line, {settings.cut.max_length}));

  const SafetensorsFile golden(encoder_path(GetParam()) / "texts.safetensors");
  const torch::Tensor expected = raw_tensor(golden, "ids"), lengths = raw_tensor(golden, "lengths");
  ASSERT_EQ(static_cast<int64_t>(ids.size()), lengths.numel());
  const auto* at = expected.data_ptr<int64_t>();
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto length = lengths[static_cast<int64_t>(i)].item<int64_t>();
    EXPECT_EQ(ids[i], std::vector<int32_t>(at, at + length)) << "line " << i + 1;
    at += length;
  }
  const Matrix found = embed_all(predictor.embedder(), testing::token_ids(ids));
  EXPECT_LE(max_difference(testing::as_tensor(found), raw_tensor(golden, "mean")), 1e-5);
}

TEST_P(Texts, PairsEqualTransformers) {
  const Predictor predictor = load_predictor(folder(), {}, /*need_heads=*/false);
  ModelSettings settings = predictor.settings();
  std::ifstream file(encoder_path("texts.txt"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  const SafetensorsFile golden(encoder_path(GetParam()) / "pairs.safetensors");
  const torch::Tensor expected = raw_tensor(golden, "ids"), types = raw_tensor(golden, "types"),
                      lengths = raw_tensor(golden, "lengths"), mean = raw_tensor(golden, "mean");
  ASSERT_EQ(static_cast<int64_t>(lines.size()), lengths.numel());
  std::vector<Encoding> pairs;
  int64_t at = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const Encoding& pair = pairs.emplace_back(
        settings.tokenizer->encode(Segments{lines[i], lines[(i + 1) % lines.size()]}, {16}));
    const auto length = lengths[static_cast<int64_t>(i)].item<int64_t>();
    ASSERT_EQ(static_cast<int64_t>(pair.ids.size()), length) << "pair " << i;
    for (int64_t place = 0; place < length; ++place, ++at) {
      EXPECT_EQ(pair.ids[static_cast<size_t>(place)], expected[at].item<int64_t>()) << "pair " << i;
      EXPECT_EQ(static_cast<size_t>(place) >= pair.second_type, types[at].item<int64_t>() == 1)
          << "pair " << i;
    }
  }
  const std::vector<TokenIds> ids(pairs.begin(), pairs.end());
  EXPECT_LE(max_difference(testing::as_tensor(embed_all(predictor.embedder(), ids)), mean), 1e-5);
  for (const bool trains :
       {false, true}) {  // the rows of the token types as they are kept, and as a parameter
    settings.config.pairs = trains;
    const Network network(load_encoder(folder(), settings.config), settings);
    const NetworkEmbedder embedder(network, torch::kCPU);
    EXPECT_LE(max_difference(testing::as_tensor(embed_all(embedder, ids)), mean), 1e-5);
  }
}

}  // namespace
}  // namespace mtnlp
