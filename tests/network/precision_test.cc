#include "network/precision.h"

#include "network/checkpoint.h"
#include "network/fixtures.h"
#include "network/model.h"
#include "network/quantize_folder.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::expect_error;
using testing::Golden;
using testing::kTinyEncoders;
using testing::load_tiny;
using testing::max_difference;
using testing::pack_all;
using testing::TempFolder;

torch::Tensor hidden(Encoder encoder, const std::string& name) {
  const torch::NoGradGuard no_grad;
  return encoder->forward(pack_all(Golden(name).sequences));
}

double least_cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::cosine_similarity(a, b, 1).min().item<double>();
}

TEST(PrecisionTest, Names) {
  EXPECT_EQ(parse_precision("fp32"), Precision::kFp32);
  EXPECT_EQ(parse_precision("bf16"), Precision::kBf16);
  EXPECT_EQ(parse_precision("int8"), Precision::kInt8);
  EXPECT_STREQ(precision_name(Precision::kInt8), "int8");
  expect_error([] { parse_precision("fp16"); }, {"fp16", "bf16"});
  EXPECT_EQ(resolve_training_precision(Precision::kFp32, torch::kCPU), Precision::kFp32);
  EXPECT_EQ(resolve_training_precision(Precision::kBf16, torch::kCPU), Precision::kBf16);
  EXPECT_NE(resolve_training_precision(std::nullopt, torch::kCPU), Precision::kInt8);
}

TEST(PrecisionTest, HiddenStatesStayNearFloat) {
  for (const std::string name : kTinyEncoders) {
    SCOPED_TRACE(name);
    const torch::Tensor exact = hidden(load_tiny(name), name);
    for (const Precision precision : {Precision::kBf16, Precision::kInt8}) {
      Encoder encoder = load_tiny(name);
      encoder->pack(precision);
      EXPECT_EQ(encoder->precision(), precision);
      const torch::Tensor rounded = hidden(encoder, name);
      EXPECT_GT(least_cosine(rounded, exact), 0.99);
      EXPECT_GT(max_difference(rounded, exact), 0);
    }
  }
}

TEST(PrecisionTest, Bf16AndBackIsFloatAgain) {
  Encoder encoder = load_tiny("tiny-bert");
  const torch::Tensor before = hidden(encoder, "tiny-bert");
  encoder->set_precision(Precision::kBf16);
  encoder->set_precision(Precision::kFp32);
  EXPECT_TRUE(torch::equal(hidden(encoder, "tiny-bert"), before));
}

TEST(PrecisionTest, ThereIsNoWayBackFromInt8) {
  Encoder encoder = load_tiny("tiny-bert");
  encoder->pack(Precision::kInt8);
  expect_error([&] { encoder->set_precision(Precision::kFp32); }, {"int8", "fp32"});
}

TEST(PrecisionTest, APackedCopyLeavesTheModelAsItWas) {
  Model model;
  model.encoder = load_tiny("tiny-bert");
  model.encoder->set_precision(Precision::kBf16);  // as a model in training
  const torch::Tensor before = hidden(model.encoder, "tiny-bert");
  Encoder alone = load_tiny("tiny-bert");
  alone->pack(Precision::kFp32);
  EXPECT_TRUE(
      torch::equal(hidden(model.packed(Precision::kFp32).encoder, "tiny-bert"), hidden(alone, "tiny-bert")));
  EXPECT_TRUE(torch::equal(hidden(model.encoder, "tiny-bert"), before));
}

TEST(PrecisionTest, LayersInBf16UpdateFloatWeights) {
  Encoder encoder = load_tiny("tiny-distilbert");
  encoder->set_precision(Precision::kBf16);
  encoder->forward(pack_all(Golden("tiny-distilbert").sequences)).pow(2).sum().backward();
  for (const auto& parameter : encoder->named_parameters()) {
    EXPECT_EQ(parameter.value().scalar_type(), torch::kFloat32) << parameter.key();
    EXPECT_EQ(parameter.value().grad().scalar_type(), torch::kFloat32) << parameter.key();
  }
}

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
    Encoder stored = load_pretrained(out).encoder, quantised = load_tiny(name);
    EXPECT_EQ(stored->precision(), Precision::kInt8);
    EXPECT_GT(least_cosine(hidden(stored, name), hidden(quantised, name)), 0.99);
    // The word embeddings are rounded too when stored, the layers alike.
    quantised->word_embeddings.set_data(quantize(quantised->word_embeddings).to_float());
    quantised->pack(Precision::kInt8);
    EXPECT_LT(max_difference(hidden(stored, name), hidden(quantised, name)), 1e-5);
    EXPECT_EQ(tokenizer_files(out), tokenizer_files(encoder_path(name)));
  }
}

TEST_F(QuantizeFolderTest, ACheckpointKeepsItsHeads) {
  Model model;
  model.encoder = load_tiny("tiny-bert");
  model.tasks = {{"mood", {"bad", "good"}}};
  model.heads.push_back(make_head(model.tasks[0], model.encoder->config().dim, 42));
  model.max_length = 21;
  model.encoder_folder = encoder_path("tiny-bert").string();
  const fs::path checkpoint = folder.path() / "checkpoint";
  fs::create_directory(checkpoint);
  save_checkpoint(checkpoint, model);
  quantize_folder(checkpoint, out);
  const Model stored = load_checkpoint(out);
  EXPECT_EQ(stored.max_length, 21U);
  EXPECT_EQ(stored.tasks[0].labels, model.tasks[0].labels);
  EXPECT_TRUE(torch::equal(stored.heads[0].weight, model.heads[0].weight));
  EXPECT_EQ(stored.encoder->precision(), Precision::kInt8);
}

TEST_F(QuantizeFolderTest, RefusesAFolderThatIsThereAndOneInEightBits) {
  quantize_folder(encoder_path("tiny-bert"), out);
  expect_error([&] { quantize_folder(encoder_path("tiny-bert"), out); }, {out.string(), "is there already"});
  expect_error([&] { quantize_folder(out, folder.path() / "smaller"); }, {out.string(), "8 bits already"});
  EXPECT_FALSE(fs::exists(folder.path() / "smaller"));
}

}  // namespace
}  // namespace mtnlp
