#include "network/linear.h"

#include "network/fixtures.h"
#include "network/instruction_sets.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::normal;
using testing::Threads;
using testing::with_every_instruction_set;

torch::Tensor floats(at::IntArrayRef shape, uint64_t seed) {
  return normal(shape, seed).to(torch::kFloat32);
}

/// The definition in double: both sides quantised row by row and multiplied as the numbers they stand for.
torch::Tensor int8_definition(const torch::Tensor& x, const Int8Matrix& weight, const torch::Tensor& bias) {
  const torch::Tensor low = x.amin(1, true), range = x.amax(1, true) - low;
  const torch::Tensor scales = torch::where(range > 0, range / 255, torch::ones_like(range));
  const torch::Tensor steps = ((x - low) * (1 / scales)).round();  // halves to even, as the kernel does it
  const auto precise = [](const torch::Tensor& t) { return t.to(torch::kFloat64); };
  return torch::matmul(precise(steps) * precise(scales) + precise(low), precise(weight.to_float()).t()) +
         precise(bias);
}

TEST(QuantizeTest, GivesEachRowTheScaleOfItsLargestMagnitude) {
  const Int8Matrix matrix = quantize(torch::tensor({1.0f, -2.54f, 0.02f, 0.0f, 0.0f, 0.0f}).view({2, 3}));
  EXPECT_TRUE(torch::equal(matrix.values, torch::tensor({50, -127, 1, 0, 0, 0}, torch::kInt8).view({2, 3})));
  EXPECT_NEAR(matrix.scales[0].item<float>(), 0.02f, 1e-8);
  EXPECT_EQ(matrix.scales[1].item<float>(), 1);
}

TEST(QuantizeTest, IsOffByHalfAScaleAtMost) {
  const torch::Tensor weight = floats({24, 40}, 1);
  const Int8Matrix matrix = quantize(weight);
  EXPECT_TRUE(((matrix.to_float() - weight).abs() <= matrix.scales.unsqueeze(1) * 0.5001).all().item<bool>());
}

TEST(QuantizeTest, OfItsOwnResultIsTheSame) {
  const Int8Matrix once = quantize(floats({64, 48}, 2)), twice = quantize(once.to_float());
  EXPECT_TRUE(torch::equal(once.values, twice.values));
  EXPECT_LT(max_difference(once.scales / twice.scales, torch::ones({64})), 1e-6);
}

/// What the kernels of PackedLinear see: odd numbers of rows, panels that are not full, few columns.
template <typename Check>
void for_all_sizes(Check check) {
  for (const int64_t rows : {1, 2, 5, 6, 95, 96, 97, 300})
    for (const auto& [inner, outputs] :
         {std::pair<int64_t, int64_t>{8, 8}, {24, 40}, {384, 96}, {128, 1152}}) {
      SCOPED_TRACE(str(rows, " x ", inner, " x ", outputs));
      check(floats({rows, inner}, 3), floats({outputs, inner}, 5), floats({outputs}, 4));
    }
}

TEST(PackedLinearTest, EqualsItsDefinition) {
  with_every_instruction_set([] {
    for_all_sizes([](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
      const auto precise = [](const torch::Tensor& t) { return t.to(torch::kFloat64); };
      const torch::Tensor exact = torch::linear(precise(x), precise(weight));
      EXPECT_LT(max_difference(PackedLinear(weight, bias).forward(x), exact + bias), 1e-4);
      EXPECT_LT(max_difference(PackedLinear(weight, {}).forward(x), exact), 1e-4);
      const Int8Matrix bytes = quantize(weight);
      EXPECT_LT(max_difference(PackedLinear(bytes, bias).forward(x), int8_definition(x, bytes, bias)), 1e-3);
      EXPECT_LT(max_difference(PackedLinear(bytes, {}).forward(x),
                               int8_definition(x, bytes, torch::zeros_like(bias))),
                1e-3);
    });
  });
}

TEST(PackedLinearTest, LongSumsOfFloatsLoseLittle) {
  const torch::Tensor x = floats({40, 3072}, 3), weight = floats({64, 3072}, 5);
  const torch::Tensor exact = torch::linear(x.to(torch::kFloat64), weight.to(torch::kFloat64));
  with_every_instruction_set([&] {
    const torch::Tensor lost = PackedLinear(weight, {}).forward(x) - exact;
    EXPECT_LT((lost.norm() / exact.norm()).item<double>(), 4e-7);  // one running sum: 9.5e-7
  });
}

TEST(PackedLinearTest, BytesAreSummedAlikeByEveryInstructionSet) {
  const torch::Tensor x = floats({7, 1536}, 3) + 2, bias = floats({104}, 4);
  const Int8Matrix weight = quantize(torch::ones({104, 1536}));  // the largest sums there are
  std::vector<torch::Tensor> results;
  with_every_instruction_set([&] { results.push_back(PackedLinear(weight, bias).forward(x)); });
  for (const torch::Tensor& result : results) EXPECT_LT(max_difference(result, results[0]), 1e-3);
}

TEST(PackedLinearTest, FeedForwardIsTwoProductsWithGeluBetween) {
  with_every_instruction_set([] {
    for_all_sizes([](const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
      const torch::Tensor down = floats({24, weight.size(0)}, 6), down_bias = floats({24}, 7);
      const PackedLinear first(weight, bias), second(down, down_bias);
      const torch::Tensor expected = second.forward(torch::gelu(first.forward(x)));
      EXPECT_LT(max_difference(first.feed_forward(x, second), expected), 1e-3);  // of some hundreds
      const PackedLinear first8(quantize(weight), bias), second8(quantize(down), down_bias);
      const torch::Tensor near = second8.forward(torch::gelu(first8.forward(x)));
      // A value at the edge between two steps may fall to either.
      EXPECT_LT((first8.feed_forward(x, second8) - near).norm().item<float>(),
                0.01 * near.norm().item<float>());
    });
  });
}

TEST(PackedLinearTest, BytesAreNearTheFloatProduct) {
  const torch::Tensor x = floats({50, 384}, 6), weight = floats({128, 384}, 7);
  const torch::Tensor exact = torch::linear(x, weight);
  EXPECT_LT((PackedLinear(quantize(weight), {}).forward(x) - exact).norm().item<float>() /
                exact.norm().item<float>(),
            0.02);
}

TEST(PackedLinearTest, RowsDoNotDependOnEachOtherOrOnTheThreads) {
  const torch::Tensor x =
      floats({333, 64}, 8) * torch::arange(333).unsqueeze(1);  // a row of zeros, very unlike ones
  const torch::Tensor weight = floats({72, 64}, 9);
  for (const PackedLinear& packed : {PackedLinear(weight, {}), PackedLinear(quantize(weight), {})}) {
    torch::Tensor all;
    {
      const Threads one(1);
      all = packed.forward(x);
    }
    const Threads three(3);
    EXPECT_TRUE(torch::equal(packed.forward(x), all));
    for (const int64_t row : {0, 1, 130, 332})
      EXPECT_TRUE(torch::equal(packed.forward(x.slice(0, row, row + 1)), all.slice(0, row, row + 1)));
    EXPECT_TRUE(torch::equal(all[0], torch::zeros({72})));
  }
}

TEST(PackedLinearTest, TakesMatricesThatAreNotContiguous) {
  const torch::Tensor x = floats({64, 30}, 10).t(), weight = floats({64, 16}, 11).t();
  EXPECT_TRUE(torch::equal(PackedLinear(weight, {}).forward(x),
                           PackedLinear(weight.contiguous(), {}).forward(x.contiguous())));
}

TEST(Bf16LinearTest, RoundsOperandsAndProducts) {
  const torch::Tensor x = floats({20, 32}, 12), weight = floats({16, 32}, 13), bias = floats({16}, 14);
  const auto half = [](const torch::Tensor& t) { return t.to(torch::kBFloat16).to(torch::kFloat64); };
  const torch::Tensor exact = torch::linear(half(x), half(weight), half(bias));
  const torch::Tensor result = linear(x, weight, bias, Precision::kBf16);
  EXPECT_EQ(result.scalar_type(), torch::kBFloat16);
  EXPECT_LT(((result - exact).abs() / exact.abs().clamp_min(1)).max().item<double>(), 0.005);
}

TEST(Bf16LinearTest, GradientsAreFloatsNearTheExactOnes) {
  const auto gradients = [](Precision precision) {
    const torch::Tensor x = floats({20, 32}, 15).requires_grad_(),
                        weight = floats({16, 32}, 16).requires_grad_();
    const torch::Tensor bias = floats({16}, 17).requires_grad_();
    const torch::Tensor result = linear(x, weight, bias, precision);
    result.backward(floats({20, 16}, 18).to(result.scalar_type()));
    return std::vector<torch::Tensor>{x.grad(), weight.grad(), bias.grad()};
  };
  const auto half = gradients(Precision::kBf16), exact = gradients(Precision::kFp32);
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_EQ(half[i].scalar_type(), torch::kFloat32);
    EXPECT_LT((half[i] - exact[i]).norm().item<float>() / exact[i].norm().item<float>(), 0.01);
    EXPECT_GT(max_difference(half[i], exact[i]), 0);
  }
}

}  // namespace
}  // namespace mtnlp
