#include "engine/linear.h"

#include "hub/int8_matrix.h"
#include "kernels/kernels.h"
#include "network/fixtures.h"
#include "network/instruction_sets.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::normal;
using testing::with_every_instruction_set;

torch::Tensor floats(at::IntArrayRef shape, uint64_t seed) {
  return normal(shape, seed).to(torch::kFloat32);
}

std::span<const float> values(const torch::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

Linear make(Precision precision, const torch::Tensor& weight, const torch::Tensor& bias = {}) {
  return {precision, static_cast<size_t>(weight.size(0)), values(weight),
          bias.defined() ? values(bias) : std::span<const float>()};
}

torch::Tensor apply(const Linear& linear, const torch::Tensor& x, bool gelu = false) {
  torch::Tensor out = torch::empty({x.size(0), static_cast<int64_t>(linear.outputs())});
  (linear.*(gelu ? &Linear::forward_gelu : &Linear::forward))(
      static_cast<size_t>(x.size(0)), x.const_data_ptr<float>(), out.data_ptr<float>());
  return out;
}

/// A matrix in 8 bits as the numbers it stands for.
torch::Tensor to_float(const Int8Matrix& matrix) {
  const auto rows = static_cast<int64_t>(matrix.scales.size());
  const torch::Tensor bytes = torch::tensor(std::vector<float>(matrix.values.begin(), matrix.values.end()));
  return bytes.view({rows, -1}) * torch::tensor(matrix.scales).unsqueeze(1);
}

torch::Tensor in_8_bits(const torch::Tensor& weight) {
  return to_float(quantize(values(weight), static_cast<size_t>(weight.size(1))));
}

/// The definition in double: both sides quantised row by row and multiplied as the numbers they stand for.
torch::Tensor int8_definition(const torch::Tensor& x, const torch::Tensor& weight,
                              const torch::Tensor& bias) {
  const torch::Tensor low = x.amin(1, true), range = x.amax(1, true) - low;
  const torch::Tensor scales =
      torch::where(range > 0, range / kernels::largest_byte(), torch::ones_like(range));
  const torch::Tensor steps = ((x - low) * (1 / scales)).round();  // halves to even, as the kernel does it
  const auto precise = [](const torch::Tensor& t) { return t.to(torch::kFloat64); };
  return torch::matmul(precise(steps) * precise(scales) + precise(low), precise(in_8_bits(weight)).t()) +
         precise(bias);
}

TEST(QuantizeTest, GivesEachRowTheScaleOfItsLargestMagnitude) {
  const Int8Matrix matrix = quantize(std::vector<float>{1, -2.54F, 0.02F, 0, 0, 0}, 3);
  EXPECT_THAT(matrix.values, ::testing::ElementsAre(50, -127, 1, 0, 0, 0));
  EXPECT_NEAR(matrix.scales[0], 0.02F, 1e-8);
  EXPECT_EQ(matrix.scales[1], 1);
  EXPECT_NEAR(matrix.sums[0], -76 * 0.02F, 1e-6);
}

TEST(QuantizeTest, IsOffByHalfAScaleAtMost) {
  const torch::Tensor weight = floats({24, 40}, 1);
  const torch::Tensor scales = torch::tensor(quantize(values(weight), 40).scales).unsqueeze(1);
  EXPECT_TRUE(((in_8_bits(weight) - weight).abs() <= scales * 0.5001).all().item<bool>());
}

TEST(QuantizeTest, OfItsOwnResultIsTheSame) {
  const torch::Tensor weight = floats({64, 48}, 2);
  const Int8Matrix once = quantize(values(weight), 48), twice = quantize(values(to_float(once)), 48);
  EXPECT_EQ(once.values, twice.values);
  for (size_t row = 0; row < 64; ++row) EXPECT_NEAR(once.scales[row] / twice.scales[row], 1, 1e-6);
}

/// What the kernels see: odd numbers of rows, panels that are not full, few columns.
template <typename Check>
void for_all_sizes(Check check) {
  for (const int64_t rows : {1, 2, 5, 6, 95, 96, 97, 300})
    for (const auto& [inner, outputs] :
         {std::pair<int64_t, int64_t>{8, 8}, {24, 40}, {384, 96}, {128, 1152}}) {
      SCOPED_TRACE(str(rows, " x ", inner, " x ", outputs));
      check(floats({rows, inner}, 3), floats({outputs, inner}, 5), floats({outputs}, 4));
    }
}

constexpr Precision kFp32 = Precision::kFp32, kInt8 = Precision::kInt8;

TEST(LinearTest, EqualsItsDefinition) {
  with_every_instruction_set([] {
    for_all_sizes([](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
      const auto precise = [](const torch::Tensor& t) { return t.to(torch::kFloat64); };
      const torch::Tensor exact = torch::linear(precise(x), precise(weight)), none = torch::zeros_like(bias);
      EXPECT_LT(max_difference(apply(make(kFp32, weight, bias), x), exact + bias), 1e-4);
      EXPECT_LT(max_difference(apply(make(kFp32, weight), x), exact), 1e-4);
      EXPECT_LT(max_difference(apply(make(kInt8, weight, bias), x), int8_definition(x, weight, bias)), 1e-3);
      EXPECT_LT(max_difference(apply(make(kInt8, weight), x), int8_definition(x, weight, none)), 1e-3);
    });
  });
}

TEST(LinearTest, TakesSizesThatTheKernelsDoNot) {
  const torch::Tensor x = floats({7, 13}, 3), weight = floats({5, 13}, 4), bias = floats({5}, 5);
  const torch::Tensor exact = torch::linear(x, weight, bias);
  EXPECT_LT(max_difference(apply(make(kFp32, weight, bias), x), exact), 1e-5);
  EXPECT_LT(max_difference(apply(make(kFp32, weight, bias), x, true), torch::gelu(exact)), 1e-5);
  testing::expect_error([&] { make(kInt8, weight); }, {"int8", "multiples of 8", "13"});
}

TEST(LinearTest, LongSumsOfFloatsLoseLittle) {
  const torch::Tensor x = floats({40, 3072}, 3), weight = floats({64, 3072}, 5);
  const torch::Tensor exact = torch::linear(x.to(torch::kFloat64), weight.to(torch::kFloat64));
  with_every_instruction_set([&] {
    const torch::Tensor lost = apply(make(kFp32, weight), x) - exact;
    EXPECT_LT((lost.norm() / exact.norm()).item<double>(), 4e-7);  // one running sum: 9.5e-7
  });
}

/// The largest sums that there are: each byte of a row but one is the largest, each weight 127 or -127.
TEST(LinearTest, SumsOfBytesDoNotOverflow) {
  torch::Tensor x = torch::ones({7, 1536});
  x.select(1, 5).zero_();
  for (const int sign : {1, -1}) {
    const torch::Tensor weight = torch::full({104, 1536}, static_cast<float>(sign)), bias = floats({104}, 4);
    with_every_instruction_set([&] {
      const torch::Tensor off = apply(make(kInt8, weight, bias), x) - (sign * 1535 + bias);
      EXPECT_LT(off.abs().max().item<float>(), 1e-2);
    });
  }
}

TEST(LinearTest, GeluIsThatOfTheResult) {
  with_every_instruction_set([] {
    for_all_sizes([](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
      for (const Precision precision : {kFp32, kInt8}) {
        const Linear linear = make(precision, weight, bias);
        EXPECT_LT(max_difference(apply(linear, x, true), torch::gelu(apply(linear, x))), 1e-4);
      }
    });
  });
}

TEST(LinearTest, BytesAreNearTheFloatProduct) {
  const torch::Tensor x = floats({50, 384}, 6), weight = floats({128, 384}, 7);
  const torch::Tensor exact = torch::linear(x, weight);
  EXPECT_LT((apply(make(kInt8, weight), x) - exact).norm().item<float>() / exact.norm().item<float>(), 0.02);
}

TEST(LinearTest, RowsDoNotDependOnEachOther) {
  const torch::Tensor x =
      floats({333, 64}, 8) * torch::arange(333).unsqueeze(1);  // a row of zeros, very unlike ones
  const torch::Tensor weight = floats({72, 64}, 9);
  for (const Precision precision : {kFp32, kInt8, Precision::kBf16}) {
    const Linear linear = make(precision, weight);
    const torch::Tensor all = apply(linear, x);
    for (const int64_t row : {0, 1, 130, 332})
      EXPECT_TRUE(torch::equal(apply(linear, x.slice(0, row, row + 1)), all.slice(0, row, row + 1)));
    EXPECT_TRUE(torch::equal(all[0], torch::zeros({72})));
  }
}

TEST(LinearTest, InBf16OperandsAreRounded) {
  with_every_instruction_set([] {
    for_all_sizes([](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
      const auto rounded = [](const torch::Tensor& t) { return t.to(torch::kBFloat16).to(torch::kFloat64); };
      const torch::Tensor exact = torch::linear(rounded(x), rounded(weight), bias.to(torch::kFloat64));
      const Linear linear = make(Precision::kBf16, weight, bias);
      EXPECT_LT(max_difference(apply(linear, x), exact), 1e-4);
      EXPECT_LT(max_difference(apply(linear, x, true), torch::gelu(exact)), 2e-4);
    });
  });
}

}  // namespace
}  // namespace mtnlp
