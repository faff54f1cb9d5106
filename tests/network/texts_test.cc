// From text to embedding against `transformers`: texts.safetensors of tests/golden/make_model_goldens.py.
// XLM-R's tokenizer stands beside an encoder of its own and one of BERT (the layout of
// paraphrase-multilingual-MiniLM).
#include "infer/batches.h"
#include "network/checkpoint.h"
#include "network/fixtures.h"
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
  const testing::Threads one(1);
  const EmbeddingModel loaded = load_embedding_model(folder());
  EXPECT_EQ(loaded.model.max_length, 64U);
  std::ifstream lines(encoder_path("texts.txt"));
  std::vector<std::vector<int32_t>> ids;
  for (std::string line; std::getline(lines, line);)
    ids.push_back(loaded.model.tokenizer->encode(line, loaded.model.max_length));

  const SafetensorsFile golden(encoder_path(GetParam()) / "texts.safetensors");
  const torch::Tensor expected = raw_tensor(golden, "ids"), lengths = raw_tensor(golden, "lengths");
  ASSERT_EQ(static_cast<int64_t>(ids.size()), lengths.numel());
  const auto* at = expected.data_ptr<int64_t>();
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto length = lengths[static_cast<int64_t>(i)].item<int64_t>();
    EXPECT_EQ(ids[i], std::vector<int32_t>(at, at + length)) << "line " << i + 1;
    at += length;
  }
  const std::vector<std::span<const int32_t>> sequences(ids.begin(), ids.end());
  for (const Model& model : {loaded.model, loaded.model.packed(Precision::kFp32)})
    EXPECT_LE(max_difference(embed_all(model, sequences, torch::kCPU), raw_tensor(golden, "mean")), 1e-5);
}

}  // namespace
}  // namespace mtnlp
