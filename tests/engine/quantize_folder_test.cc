#include "engine/quantize_folder.h"

#include "engine/heads.h"
#include "hub/int8_matrix.h"
#include "network/fixtures.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::expect_error;
using testing::Golden;
using testing::hidden_states;
using testing::kTinyEncoders;
using testing::least_cosine;
using testing::max_difference;
using testing::TempFolder;

class QuantizeFolderTest : public ::testing::Test {
 protected:
  TempFolder folder;
  fs::path out = folder.path() / "small";
};

TEST_F(QuantizeFolderTest, AnEncoderLoadsAsIfQuantisedOnLoad) {
  for (const std::string name : kTinyEncoders) {
    SCOPED_TRACE(name);
    fs::remove_all(out);
    quantize_folder(encoder_path(name), out);
    EXPECT_FALSE(fs::exists(out / "model.safetensors"));
    EXPECT_LT(fs::file_size(out / kInt8WeightsFile),
              fs::file_size(encoder_path(name) / "model.safetensors") / 2);
    const ModelSettings settings = testing::tiny_settings(name);
    const std::vector<std::vector<int32_t>> sequences = Golden(name).sequences;
    const torch::Tensor stored = hidden_states(*load_engine(out, settings, {}, 1), sequences);
    EXPECT_GT(least_cosine(stored, hidden_states(*testing::tiny_engine(name), sequences)), 0.99);
    // The word embeddings are rounded too when stored, the layers alike.
    const EncoderWeights weights(encoder_path(name), settings.config);
    const TensorSource plain = source_of(weights);
    const TensorSource rounded = [&](const EncoderTensor& tensor) {
      SharedFloats floats = plain(tensor);
      if (tensor.name != "word_embeddings") return floats;
      const auto columns = static_cast<size_t>(tensor.shape[1]);
      const Int8Matrix matrix = quantize(floats.values, columns);
      const auto values = std::make_shared<std::vector<float>>();
      for (size_t i = 0; i < matrix.values.size(); ++i)
        values->push_back(static_cast<float>(matrix.values[i]) * matrix.scales[i / columns]);
      return SharedFloats{*values, values};
    };
    const Engine quantized(settings, rounded, {}, Precision::kInt8, 1);
    EXPECT_LT(max_difference(stored, hidden_states(quantized, sequences)), 1e-5);
    expect_error([&] { load_engine(out, settings, Precision::kFp32, 1); }, {"int8", "fp32"});
    EXPECT_EQ(tokenizer_files(out), tokenizer_files(encoder_path(name)));
  }
}

TEST_F(QuantizeFolderTest, ACheckpointKeepsItsHeads) {
  Model model = testing::tiny_model("tiny-bert", {{"mood", {"bad", "good"}}});
  model.settings.cut.max_length = 21;
  const fs::path checkpoint = folder.path() / "checkpoint";
  fs::create_directory(checkpoint);
  save_checkpoint(checkpoint, model);
  quantize_folder(checkpoint, out);
  const ModelSettings stored = read_checkpoint_settings(out);
  EXPECT_EQ(stored.cut.max_length, 21U);
  EXPECT_EQ(stored.tasks[0].labels, model.settings.tasks[0].labels);
  EXPECT_EQ(read_heads(out, stored)[0].weight, head_weights(*model.network)[0].weight);
  EXPECT_TRUE(EncoderWeights(out, stored.config).int8());
  expect_error([&] { load_checkpoint(out); }, {"is in 8 bits, which cannot be trained"});
}

TEST_F(QuantizeFolderTest, RefusesAFolderThatIsThereAndOneInEightBits) {
  quantize_folder(encoder_path("tiny-bert"), out);
  expect_error([&] { quantize_folder(encoder_path("tiny-bert"), out); }, {out.string(), "is there already"});
  expect_error([&] { quantize_folder(out, folder.path() / "smaller"); }, {out.string(), "8 bits already"});
  EXPECT_FALSE(fs::exists(folder.path() / "smaller"));
}

}  // namespace
}  // namespace mtnlp
