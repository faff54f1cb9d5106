#include "train/optimizer.h"

#include <cmath>

#include "train/freeze.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::normal;
using testing::trained_parameters;
using testing::TrainingGolden;

class OptimizerTest : public ::testing::Test {
 protected:
  const TrainingGolden golden_{"tiny-distilbert"};
  Model model_ = golden_.model();
  OptimizerOptions options_{.lr = 0.01, .head_lr = 0.1, .weight_decay = 0.5, .clip = 0};

  /// The same gradient everywhere.
  void set_gradients(double value) const {
    for (const torch::Tensor& parameter : trained_parameters(model_))
      parameter.mutable_grad() = torch::full_like(parameter, value);
  }
  std::vector<torch::Tensor> values() const {
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& parameter : trained_parameters(model_))
      all.push_back(parameter.detach().clone());
    return all;
  }
  double lr_of(size_t parameter) const {
    return parameter < model_.network->encoder->parameters().size() ? options_.lr : options_.head_lr;
  }
};

TEST_F(OptimizerTest, MatricesDecayBiasesAndLayerNormsDoNot) {
  AdamW optimizer(*model_.network, options_);
  const std::vector<torch::Tensor> before = values();
  set_gradients(0);
  optimizer.step(1);
  const std::vector<torch::Tensor> after = values();
  for (size_t i = 0; i < before.size(); ++i) {
    const double kept = before[i].dim() > 1 ? 1 - lr_of(i) * 0.5 : 1;
    EXPECT_LE(max_difference(after[i], before[i] * kept), 1e-6) << i;
  }
}

TEST_F(OptimizerTest, FollowsTheFormulaOfThePaper) {
  options_.clip = 0.7;
  AdamW optimizer(*model_.network, options_);
  std::vector<torch::Tensor> expected, moment1, moment2;
  for (const torch::Tensor& value : values()) {
    expected.push_back(value.to(torch::kFloat64));
    moment1.push_back(torch::zeros_like(expected.back()));
    moment2.push_back(torch::zeros_like(expected.back()));
  }
  const double factors[] = {0.5, 1, 0, 0.25};
  for (int step = 1; step <= 4; ++step) {
    std::vector<torch::Tensor> gradients;
    double squares = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      gradients.push_back(normal(expected[i].sizes(), static_cast<uint64_t>(step) * 1000 + i) * 0.01);
      squares += gradients[i].pow(2).sum().item<double>();
      trained_parameters(model_)[i].mutable_grad() = gradients[i].to(torch::kFloat32);
    }
    const double scale = std::min(1.0, 0.7 / (std::sqrt(squares) + 1e-6));
    EXPECT_LT(scale, 1);
    const double factor = factors[step - 1];
    optimizer.step(factor);
    const std::vector<torch::Tensor> found = values();
    for (size_t i = 0; i < expected.size(); ++i) {
      const double lr = lr_of(i) * factor;
      const torch::Tensor gradient = gradients[i] * scale;
      moment1[i] = 0.9 * moment1[i] + 0.1 * gradient;
      moment2[i] = 0.999 * moment2[i] + 0.001 * gradient * gradient;
      if (expected[i].dim() > 1) expected[i] = expected[i] * (1 - lr * 0.5);
      expected[i] = expected[i] - lr * (moment1[i] / (1 - std::pow(0.9, step))) /
                                      ((moment2[i] / (1 - std::pow(0.999, step))).sqrt() + 1e-8);
      EXPECT_LE(max_difference(found[i], expected[i]), 2e-6) << "step " << step << ", tensor " << i;
    }
  }
}

TEST_F(OptimizerTest, SmallGradientsAreNotClipped) {
  options_.weight_decay = 0;
  const std::vector<torch::Tensor> before = values();
  AdamW optimizer(*model_.network, options_);
  set_gradients(1e-4);
  optimizer.step(1);
  const std::vector<torch::Tensor> plain = values();
  Model other = golden_.model();
  options_.clip = 1;  // the norm of the gradient is below
  AdamW clipping(*other.network, options_);
  double squares = 0;
  for (const torch::Tensor& parameter : trained_parameters(other)) {
    parameter.mutable_grad() = torch::full_like(parameter, 1e-4);
    squares += 1e-8 * static_cast<double>(parameter.numel());
  }
  EXPECT_LT(squares, 1);
  clipping.step(1);
  for (size_t i = 0; i < plain.size(); ++i)
    EXPECT_TRUE(torch::equal(trained_parameters(other)[i], plain[i])) << i;
}

TEST_F(OptimizerTest, ATensorWithoutGradientIsSkippedAndItsStepsAreNotCounted) {
  options_.weight_decay = 0;
  AdamW optimizer(*model_.network, options_);
  const torch::Tensor& late = model_.network->heads[1]->weight;
  const torch::Tensor before = late.detach().clone();
  for (int i = 0; i < 5; ++i) {
    set_gradients(0.5);
    late.mutable_grad() = torch::Tensor();
    optimizer.step(1);
  }
  EXPECT_TRUE(torch::equal(late, before));
  set_gradients(0.5);
  optimizer.step(1);  // its first step: exactly one learning rate against the gradient
  EXPECT_LE(max_difference(late, before - options_.head_lr), 1e-6);
}

TEST_F(OptimizerTest, FrozenTensorsStayAndGradientsGo) {
  apply_freeze(parse_freeze("layers:2,head:topic"), model_);
  AdamW optimizer(*model_.network, options_);
  const torch::Tensor frozen = model_.network->encoder->word_embeddings;
  const torch::Tensor before = frozen.clone(), head = model_.network->heads[0]->weight.detach().clone();
  set_gradients(1);
  optimizer.step(1);
  EXPECT_TRUE(torch::equal(frozen, before));
  EXPECT_TRUE(torch::equal(model_.network->heads[0]->weight, head));
  for (const torch::Tensor& parameter : trained_parameters(model_)) EXPECT_FALSE(parameter.grad().defined());
}

TEST_F(OptimizerTest, NothingToTrainIsNoError) {
  apply_freeze(parse_freeze("all"), model_);
  AdamW(*model_.network, options_).step(1);
  apply_freeze(parse_freeze("none"), model_);
  const std::vector<torch::Tensor> before = values();
  AdamW(*model_.network, options_).step(1);  // no gradient at all
  const std::vector<torch::Tensor> after = values();
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(torch::equal(after[i], before[i]));
}

TEST_F(OptimizerTest, ALayersRateIsThatOfTheOneAboveTimesTheDecay) {
  // With a gradient of one the first step of AdamW is the learning rate.
  options_.weight_decay = 0;
  options_.layer_decay = 0.5;
  AdamW optimizer(*model_.network, options_);
  std::vector<torch::Tensor> before;
  for (const Parameter& parameter : model_.network->tensors())
    before.push_back(parameter.tensor.detach().clone());
  set_gradients(1);
  optimizer.step(1);
  const size_t layers = model_.network->encoder->stack.size();
  ASSERT_GE(layers, 2U);
  size_t i = 0;
  for (const auto& [stage, name, tensor] : model_.network->tensors()) {
    const auto below_top =
        static_cast<double>(stage.kind == Stage::Kind::kLayer ? layers - 1 - stage.index : layers);
    const double rate = stage.kind == Stage::Kind::kHead ? 0.1 : 0.01 * std::pow(0.5, below_top);
    EXPECT_LE(max_difference(before[i++] - tensor, torch::full_like(tensor, rate)), 1e-6) << name;
  }
}

}  // namespace
}  // namespace mtnlp
