#include "network/cross_entropy.h"

#include "network/fixtures.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::normal;

constexpr int64_t kRows = 37, kDim = 24, kVocabulary = 501;

struct Case {
  explicit Case(torch::ScalarType type)
      : x(normal({kRows, kDim}, 1).to(type).requires_grad_()),
        weight((0.3 * normal({kVocabulary, kDim}, 2)).to(type).requires_grad_()),
        bias(normal({kVocabulary}, 3).to(type).requires_grad_()),
        targets(torch::arange(kRows, torch::kInt64) * 13 % kVocabulary) {}
  Decoder decoder(Precision precision = Precision::kFp32) const { return {weight, bias, precision}; }
  /// Takes the gradients of a third of `loss` away.
  std::vector<torch::Tensor> gradients(const torch::Tensor& loss) {
    (loss / 3).backward();
    std::vector<torch::Tensor> all;
    for (torch::Tensor& tensor : std::vector{x, weight, bias}) {
      all.push_back(tensor.grad());
      tensor.mutable_grad() = torch::Tensor();
    }
    return all;
  }

  torch::Tensor x, weight, bias, targets;
};

TEST(CrossEntropy, EqualsThePlainFormWithItsGradients) {
  for (const auto& [type, limit] : {std::pair{torch::kFloat64, 1e-12}, {torch::kFloat32, 1e-4}}) {
    Case c(type);
    const torch::Tensor ours = decoder_loss(c.x, c.decoder(), c.targets),
                        plain = reference::decoder_loss(c.x, c.decoder(), c.targets);
    EXPECT_LE(max_difference(ours, plain), limit * 10);
    const auto found = c.gradients(ours), expected = c.gradients(plain);
    for (size_t i = 0; i < found.size(); ++i) EXPECT_LE(max_difference(found[i], expected[i]), limit) << i;
  }
}

TEST(CrossEntropy, InBf16StaysNearFp32) {
  Case c(torch::kFloat32);
  const torch::Tensor ours = decoder_loss(c.x, c.decoder(Precision::kBf16), c.targets),
                      plain = decoder_loss(c.x, c.decoder(), c.targets);
  EXPECT_NEAR(ours.item<double>() / plain.item<double>(), 1, 0.01);
  const auto found = c.gradients(ours), expected = c.gradients(plain);
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_LE((found[i] - expected[i]).norm().item<double>(), 0.02 * expected[i].norm().item<double>()) << i;
}

TEST(CrossEntropy, CountsTheGuessesThatAreRight) {
  Case c(torch::kFloat32);
  const torch::NoGradGuard no_grad;
  c.targets.slice(0, 0, 11) = (torch::mm(c.x, c.weight.t()) + c.bias).argmax(1).slice(0, 0, 11);
  const Guesses guesses = decoder_guesses(c.x, c.decoder(), c.targets);
  EXPECT_GE(guesses.hits, 11);
  EXPECT_LE(guesses.hits, 13);
  EXPECT_NEAR(guesses.loss, reference::decoder_loss(c.x, c.decoder(), c.targets).item<double>(), 1e-2);
}

}  // namespace
}  // namespace mtnlp
