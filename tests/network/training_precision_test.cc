#include "network/training_precision.h"

#include "network/fixtures.h"

namespace mtnlp {
namespace {

using testing::batch_of;
using testing::expect_error;
using testing::Golden;
using testing::load_tiny;

torch::Tensor hidden(Encoder encoder, const std::string& name) {
  const torch::NoGradGuard no_grad;
  return encoder->forward(batch_of(Golden(name).sequences));
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

TEST(PrecisionTest, Bf16AndBackIsFloatAgain) {
  Encoder encoder = load_tiny("tiny-bert");
  const torch::Tensor before = hidden(encoder, "tiny-bert");
  encoder->set_precision(Precision::kBf16);
  encoder->set_precision(Precision::kFp32);
  EXPECT_TRUE(torch::equal(hidden(encoder, "tiny-bert"), before));
}

TEST(PrecisionTest, LayersInBf16UpdateFloatWeights) {
  Encoder encoder = load_tiny("tiny-distilbert");
  encoder->set_precision(Precision::kBf16);
  encoder->forward(batch_of(Golden("tiny-distilbert").sequences)).pow(2).sum().backward();
  for (const auto& parameter : encoder->named_parameters()) {
    EXPECT_EQ(parameter.value().scalar_type(), torch::kFloat32) << parameter.key();
    EXPECT_EQ(parameter.value().grad().scalar_type(), torch::kFloat32) << parameter.key();
  }
}

}  // namespace
}  // namespace mtnlp
