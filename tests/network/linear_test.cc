// The products of training.
#include "network/fixtures.h"
#include "network/ops.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::normal;

torch::Tensor random_floats(at::IntArrayRef shape, uint64_t seed) {
  return normal(shape, seed).to(torch::kFloat32);
}

TEST(Bf16LinearTest, RoundsOperandsAndProducts) {
  const torch::Tensor x = random_floats({20, 32}, 12), weight = random_floats({16, 32}, 13),
                      bias = random_floats({16}, 14);
  const auto rounded = [](const torch::Tensor& t) { return t.to(torch::kBFloat16).to(torch::kFloat64); };
  const torch::Tensor exact = torch::linear(rounded(x), rounded(weight), rounded(bias));
  const torch::Tensor result = linear(x, weight, bias, Precision::kBf16);
  EXPECT_EQ(result.scalar_type(), torch::kBFloat16);
  EXPECT_LT(((result - exact).abs() / exact.abs().clamp_min(1)).max().item<double>(), 0.005);
}

TEST(Bf16LinearTest, GradientsAreFloatsNearTheExactOnes) {
  const auto gradients = [](Precision precision) {
    const torch::Tensor x = random_floats({20, 32}, 15).requires_grad_(),
                        weight = random_floats({16, 32}, 16).requires_grad_();
    const torch::Tensor bias = random_floats({16}, 17).requires_grad_();
    const torch::Tensor result = linear(x, weight, bias, precision);
    result.backward(random_floats({20, 16}, 18).to(result.scalar_type()));
    return std::vector<torch::Tensor>{x.grad(), weight.grad(), bias.grad()};
  };
  const auto rounded = gradients(Precision::kBf16), exact = gradients(Precision::kFp32);
  for (size_t i = 0; i < exact.size(); ++i) {
    EXPECT_EQ(rounded[i].scalar_type(), torch::kFloat32);
    EXPECT_LT((rounded[i] - exact[i]).norm().item<float>() / exact[i].norm().item<float>(), 0.01);
    EXPECT_GT(max_difference(rounded[i], exact[i]), 0);
  }
}

}  // namespace
}  // namespace mtnlp
