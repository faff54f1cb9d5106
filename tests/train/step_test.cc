#include "train/step.h"

#include <algorithm>

#include "infer/batches.h"
#include "train/freeze.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::relative_difference;
using testing::take_gradient;
using testing::Threads;
using testing::to_double;
using testing::TrainingGolden;

constexpr const char* kEncoders[] = {"tiny-distilbert", "tiny-bert"};

/// Rows with the label of the first task, of the second, of both and of none, in this order.
struct MixedRows {
  explicit MixedRows(TrainingGolden& golden) {
    auto& targets = golden.rows.targets;
    for (const auto& [first, second] : {std::pair{true, false}, {false, true}, {true, true}}) {
      size_t found = 0;
      for (uint32_t row = 0; row < golden.rows.size() && found < 6; ++row)
        if (golden.rows.target(row, 0).is_none() != first && golden.rows.target(row, 1).is_none() != second) {
          rows.push_back(row);
          ++found;
        }
      EXPECT_EQ(found, 6U);
    }
    for (uint32_t row : {100U, 101U}) {
      EXPECT_EQ(std::count(rows.begin(), rows.end(), row), 0);
      targets[row * 2] = targets[row * 2 + 1] = kNoTarget;
      rows.push_back(row);
    }
  }

  /// One step of all rows in order, cut into micro-batches of `size`.
  Step step(const TrainingGolden& golden, size_t size, const Losses& losses) const {
    Step step{0, {}, {0, 0}};
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i % size == 0) step.micro_batches.emplace_back();
      step.micro_batches.back().push_back(rows[i]);
      for (size_t task = 0; task < 2; ++task)
        if (const Target target = golden.rows.target(rows[i], task); !target.is_none())
          step.denominators[task] += losses.row_weight(task, target);
    }
    return step;
  }

  std::vector<uint32_t> rows;
};

class StepTest : public ::testing::TestWithParam<const char*> {
 protected:
  /// The gradient of the mixed rows in micro-batches of `size`, at the golden's start.
  torch::Tensor gradient(size_t size, const StepOptions& options, uint64_t index = 0, bool in_double = false,
                         double dropout = 0) {
    Model model = golden_.model();
    model.network->encoder->set_dropout(dropout);
    if (in_double) to_double(model);
    accumulate_gradients(*model.network, golden_.rows, mixed_.step(golden_, size, options.losses), index,
                         options, nullptr, nullptr);
    return take_gradient(model);
  }

  const Threads one_{1};
  TrainingGolden golden_{GetParam()};
  MixedRows mixed_{golden_};
  const StepOptions plain_{.losses = golden_.losses()};
};
INSTANTIATE_TEST_SUITE_P(Tiny, StepTest, ::testing::ValuesIn(kEncoders),
                         [](const auto& instance) { return std::string(instance.param).substr(5); });

TEST_P(StepTest, MicroBatchesHaveTheGradientOfTheLargeBatch) {
  const StepOptions weighted{.losses = golden_.losses({0.1, {ClassWeights::kBalanced}, {1.5, 0.3}})};
  for (const StepOptions& options : {plain_, weighted})
    for (const bool in_double : {true, false}) {
      const torch::Tensor whole = gradient(mixed_.rows.size(), options, 0, in_double);
      EXPECT_GT(whole.norm().item<double>(), 0.1);
      // 10 rows: each micro-batch has labels of both tasks; 6: all but the third lack a task; 1: some have no
      // label
      for (const size_t size : {10, 6, 4, 1})
        EXPECT_LE(relative_difference(gradient(size, options, 0, in_double), whole), in_double ? 1e-13 : 1e-6)
            << "micro-batches of " << size;
    }
}

TEST_P(StepTest, TheSameStepDropsTheSameAnotherDoesNot) {
  StepOptions options = plain_;
  const torch::Tensor gradient = this->gradient(5, options, 7, false, 0.2);
  EXPECT_TRUE(torch::equal(this->gradient(5, options, 7, false, 0.2), gradient));
  const auto expect_others = [&](const torch::Tensor& other) {
    EXPECT_GT(relative_difference(other, gradient), 0.05);
  };
  expect_others(this->gradient(5, options, 8, false, 0.2));
  expect_others(this->gradient(5, options, 7));  // none dropped
  options.seed = 43;
  expect_others(this->gradient(5, options, 7, false, 0.2));
}

TEST_P(StepTest, TheMasksDoNotDependOnTheNumberOfThreads) {
  const torch::Tensor one = gradient(10, plain_, 3, false, 0.2);
  for (const int threads : {2, 3}) {
    const Threads guard(threads);
    EXPECT_LE(relative_difference(gradient(10, plain_, 3, false, 0.2), one), 1e-5);  // the order of sums may
  }
}

/// Dropout is that of a row, a token and a step, wherever the row stands.
TEST_P(StepTest, MicroBatchesDropWhatTheLargeBatchDrops) {
  for (const bool in_double : {true, false}) {
    const torch::Tensor whole = gradient(mixed_.rows.size(), plain_, 3, in_double, 0.2);
    for (const size_t size : {10, 6, 4, 1})
      EXPECT_LE(relative_difference(gradient(size, plain_, 3, in_double, 0.2), whole),
                in_double ? 1e-13 : 1e-6)
          << "micro-batches of " << size;
    std::ranges::reverse(mixed_.rows);
    EXPECT_LE(relative_difference(gradient(5, plain_, 3, in_double, 0.2), whole), in_double ? 1e-13 : 1e-6);
    std::ranges::reverse(mixed_.rows);
  }
}

TEST_P(StepTest, ARowThatPassesTwiceDropsAnew) {
  Model model = golden_.model();
  model.network->encoder->set_dropout(0.3);
  const auto of = [&](std::vector<std::vector<uint32_t>> micro_batches) {
    accumulate_gradients(*model.network, golden_.rows, {0, std::move(micro_batches), {1, 1}}, 0, plain_,
                         nullptr, nullptr);
    return take_gradient(model);
  };
  const std::vector<uint32_t>& rows = mixed_.rows;
  const torch::Tensor once = of({rows});
  const torch::Tensor second = of({rows, rows}) - once;  // the same rows again
  EXPECT_GT(relative_difference(second, once), 0.05);
  std::vector<uint32_t> twice = rows;
  twice.insert(twice.end(), rows.begin(), rows.end());
  EXPECT_LE(relative_difference(of({twice}), once + second), 1e-5);
}

TEST_P(StepTest, AFrozenStretchHasNoDropoutAndNoGradient) {
  Model model = golden_.model();
  Encoder encoder = model.network->encoder;
  encoder->set_dropout(0.3);
  const Batch batch = make_batch(golden_.rows.sequences(mixed_.rows));
  const int64_t layers = encoder->config().layers;
  const DropoutPlan plan{true, 5};
  const auto embeddings = [&](const FrozenStages* frozen) {
    return training_embeddings(*model.network, golden_.rows, mixed_.rows, frozen, plan, torch::kCPU);
  };
  EXPECT_TRUE(torch::equal(embeddings(nullptr), model.network->embed(batch, plan)));
  std::vector<torch::Tensor> all;
  for (int64_t stages = 1; stages <= layers + 1; ++stages) {
    const FrozenStages frozen(*model.network, golden_.rows, stages, mixed_.rows, {});
    const torch::Tensor found = embeddings(&frozen);
    const torch::Tensor still =
        encoder->layers(encoder->embed(batch.ids, batch.layout), batch.layout, 0, stages - 1);
    const torch::Tensor expected = model.network->pooling->forward(
        encoder->layers(still, batch.layout, stages - 1, layers, plan), batch.layout);
    EXPECT_TRUE(torch::equal(found, expected)) << stages;
    for (const torch::Tensor& other : all) EXPECT_FALSE(torch::equal(found, other));
    all.push_back(found);
    if (found.requires_grad()) found.sum().backward();
    for (const torch::Tensor& parameter : encoder->embedding_parameters())
      EXPECT_FALSE(parameter.grad().defined());
    for (int64_t i = 0; i < layers; ++i)
      for (const torch::Tensor& parameter : encoder->layer_parameters(i)) {
        EXPECT_EQ(parameter.grad().defined(), i >= stages - 1)
            << "layer " << i << " of " << stages << " stages";
        parameter.mutable_grad() = torch::Tensor();
      }
  }
  EXPECT_FALSE(all.back().requires_grad());
  EXPECT_TRUE(torch::equal(all.back(), model.network->embed(batch)));
}

TEST_P(StepTest, TheCacheGivesTheSameGradient) {
  for (const char* form : {"backbone", "layers:1"}) {
    SCOPED_TRACE(form);
    Model model = golden_.model();
    const int64_t stages = apply_freeze(parse_freeze(form), model);
    const Step step = mixed_.step(golden_, 5, plain_.losses);
    const auto gradient = [&](size_t cache_bytes) {
      const FrozenStages frozen(*model.network, golden_.rows, stages, mixed_.rows,
                                {.cache_bytes = cache_bytes});
      accumulate_gradients(*model.network, golden_.rows, step, 0, plain_, &frozen, nullptr);
      return take_gradient(model);
    };
    EXPECT_LE(relative_difference(gradient(size_t{1} << 20), gradient(0)), 1e-6);
  }
}

TEST_P(StepTest, AllFrozenIsNoStep) {
  Model model = golden_.model();
  const FrozenStages frozen(*model.network, golden_.rows, apply_freeze(parse_freeze("all"), model),
                            mixed_.rows, {});
  LossMeter meter(2);
  accumulate_gradients(*model.network, golden_.rows, mixed_.step(golden_, 5, plain_.losses), 0, plain_,
                       &frozen, &meter);
  EXPECT_GT(meter.mean(0), 0);
  for (const torch::Tensor& parameter : model.network->encoder->parameters())
    EXPECT_FALSE(parameter.grad().defined());
}

}  // namespace
}  // namespace mtnlp
