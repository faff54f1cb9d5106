#include "train/step_runner.h"

#include <limits>

#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::relative_difference;
using testing::take_gradient;
using testing::Threads;
using testing::TrainingGolden;

/// With this eps AdamW's first step is the gradient times lr / eps, but for one part in thousands.
constexpr OptimizerOptions kLinear{.lr = 1e3, .head_lr = 1e3, .weight_decay = 0, .clip = 0, .eps = 1e4};
constexpr double kStepLength = kLinear.lr / kLinear.eps;

/// A model with its optimiser, and what takes steps with them.
struct Training {
  Training(const TrainingGolden& golden, const OptimizerOptions& options,
           const RunLength& length = {1, 50, 0})
      : model(golden.model()),
        optimizer(*model.network, options),
        runner(*model.network, optimizer, losses, golden.rows, nullptr, {.losses = golden.losses()}, length,
               model.settings.tasks) {}

  torch::Tensor weights() const {
    std::vector<torch::Tensor> all;
    for (const Parameter& parameter : model.network->tensors())
      all.push_back(parameter.tensor.detach().flatten().clone());
    return torch::cat(all);
  }
  /// Returns what the step changes of all weights.
  torch::Tensor change_of(const Step& step, uint64_t index) {
    const torch::Tensor before = weights();
    runner.take(step, index);
    return weights() - before;
  }
  torch::Tensor weight(const std::string& name) const {
    for (const Parameter& parameter : model.network->tensors())
      if (parameter.name == name) return parameter.tensor;
    return {};
  }

  Model model;
  AdamW optimizer;
  LossMeter losses{2};
  StepRunner runner;
};

class StepRunnerTest : public ::testing::Test {
 protected:
  /// Expects that `action` fails by the machine's fault, and says `what`.
  template <typename Action>
  void expect_failure(Action action, const std::string& what) const {
    try {
      action();
      FAIL() << "no Error was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kSystem);
      EXPECT_THAT(std::string(error.what()), ::testing::StartsWith(what));
    }
  }

  const Threads one_{1};
  const TrainingGolden golden_{"tiny-distilbert"};
};

TEST_F(StepRunnerTest, MicroBatchesMakeOneStep) {
  const torch::Tensor whole = Training(golden_, kLinear).change_of(golden_.step(0, 1), 0);
  Training training(golden_, kLinear);
  EXPECT_LE(relative_difference(training.change_of(golden_.step(0, 4), 0), whole), 1e-4);
  EXPECT_GT(relative_difference(Training(golden_, kLinear).change_of(golden_.step(1, 4), 0), whole), 0.1);
  for (const auto& [name, tensor] : training.optimizer.state()) {
    const bool is_count = name.starts_with("encoder.") && name.ends_with(".steps");
    EXPECT_TRUE(!is_count || tensor.item<float>() == 1) << name;
  }
  EXPECT_EQ(take_gradient(training.model).norm().item<double>(), 0);  // none is left for the next step
}

TEST_F(StepRunnerTest, ClipsOnceOverTheWholeStep) {
  Training plain(golden_, kLinear);
  const torch::Tensor change = plain.change_of(golden_.step(0, 1), 0);
  const double norm = change.norm().item<double>() / kStepLength;
  OptimizerOptions clipped = kLinear;
  clipped.clip = norm / 3;
  for (const size_t micro_batches : {1, 4})
    EXPECT_LE(relative_difference(Training(golden_, clipped).change_of(golden_.step(0, micro_batches), 0),
                                  change / 3),
              1e-3)
        << micro_batches;
  clipped.clip = norm * 1.01;
  EXPECT_LE(relative_difference(Training(golden_, clipped).change_of(golden_.step(0, 4), 0), change), 1e-3);
}

TEST_F(StepRunnerTest, TheRateIsThatOfTheStep) {
  const RunLength length{2, 5, 4};
  EXPECT_EQ(length.steps(), 10U);
  EXPECT_EQ(length.steps_before(1), 5U);
  const auto change_at = [&](uint64_t index) {
    return Training(golden_, kLinear, length).change_of(golden_.step(0, 1), index);
  };
  const torch::Tensor whole = change_at(4);
  EXPECT_EQ(change_at(0).norm().item<double>(), 0);
  EXPECT_LE(relative_difference(change_at(2), whole / 2), 1e-3);
  EXPECT_LE(relative_difference(change_at(7), whole / 2), 1e-3);
}

TEST_F(StepRunnerTest, ALossThatIsNotFiniteEndsBeforeTheWeightsChange) {
  Training training(golden_, {.lr = 0.001, .head_lr = 0.01}, {1, 50, 0});
  training.runner.take(golden_.step(0, 2), 0);
  {
    const torch::NoGradGuard no_grad;
    training.weight("head.mood.bias").fill_(std::numeric_limits<float>::quiet_NaN());
  }
  uint64_t index = 1;
  while (golden_.step(index, 1).denominators[1] == 0) ++index;  // a step with labels of the task
  const torch::Tensor before = training.weights();
  expect_failure([&] { training.runner.take(golden_.step(index, 2), index); },
                 str("step ", index + 1,
                     ": the loss of task mood is nan, which is not finite, at the "
                     "learning rate "));
  EXPECT_TRUE(torch::equal(training.weights().nan_to_num(7), before.nan_to_num(7)));
}

TEST_F(StepRunnerTest, AGradientThatIsNotFiniteEndsBeforeTheWeightsChange) {
  Training training(golden_, {.lr = 0.5, .head_lr = 0.25});
  const torch::Tensor weight = training.weight("encoder.layer0.up_weight");
  weight.mutable_grad() = torch::full_like(weight, std::numeric_limits<float>::infinity());
  const torch::Tensor before = training.weights();
  expect_failure([&] { training.runner.take(golden_.step(0, 2), 0); },
                 "step 1: the norm of the gradient is inf, which is not finite, at the learning rate 0.5 "
                 "(of the heads 0.25); try a lower lr");
  EXPECT_TRUE(torch::equal(training.weights(), before));
}

TEST_F(StepRunnerTest, WhatIsNotFiniteBeforeACheckpointIsNamed) {
  Training training(golden_, {});
  training.runner.take(golden_.step(0, 2), 0);
  EXPECT_NO_THROW(training.runner.require_finite_state(1));
  const auto expect_named = [&](const torch::Tensor& tensor, const std::string& name) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor before = tensor.clone();
    tensor.flatten()[0] = std::numeric_limits<float>::infinity();
    expect_failure([&] { training.runner.require_finite_state(1); },
                   "after step 1: " + name + " holds numbers that are not finite");
    tensor.copy_(before);
  };
  expect_named(training.weight("encoder.layer1.out_weight"), "encoder.layer1.out_weight");
  expect_named(training.weight("head.topic.weight"), "head.topic.weight");
  for (const auto& [name, tensor] : training.optimizer.state())
    if (name == "encoder.norm_bias.moment2") expect_named(tensor, name);
  EXPECT_NO_THROW(training.runner.require_finite_state(1));
  training.losses.add(1, torch::tensor(std::numeric_limits<double>::infinity()), 1);
  expect_failure([&] { training.runner.require_finite_state(1); },
                 "step 1: the loss of task mood is inf, which is not finite");
}

}  // namespace
}  // namespace mtnlp
