#include "train/checkpointer.h"

#include "train/step_runner.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;
using testing::Threads;
using testing::TrainingGolden;

constexpr uint64_t kStepsPerEpoch = 3, kSteps = 9;

/// A run of 3 epochs of 3 steps each.
class CheckpointerTest : public ::testing::Test {
 protected:
  TrainingState new_state() const { return {golden_.model(), {.lr = 1e-3, .head_lr = 1e-2}}; }

  /// Takes `state` on to step `step`; an epoch that ends has a row in the table.
  void train(TrainingState& state, uint64_t step) const {
    StepRunner runner(*state.model.network, state.optimizer, state.losses, golden_.rows, nullptr,
                      {.losses = golden_.losses()}, {kSteps / kStepsPerEpoch, kStepsPerEpoch, 2},
                      state.model.settings.tasks);
    while (state.step < step) {
      runner.take(golden_.step(state.step, 2), state.step);
      if (++state.step % kStepsPerEpoch != 0) continue;
      state.table.add_row(std::vector<std::string>(state.table.columns().size(), std::to_string(state.step)));
      state.losses.reset();
    }
  }

  RunFolder run(const std::string& name) const { return RunFolder::create(folder_.path() / name, false); }
  static std::string card(const RunFolder& run) { return read_file(run.last() / "README.md"); }

  const Threads one_{1};
  const TempFolder folder_;
  const TrainingGolden golden_{"tiny-distilbert"};
  const RunIdentity identity_{{{"--lr", {"0.001"}}}, {{"vocab.txt", "00"}}, {{"split.csv", "11"}}};
};

TEST_F(CheckpointerTest, ARestoredStateGoesOnToEqualBytes) {
  const RunFolder run = this->run("run");
  TrainingState state = new_state();
  const Checkpointer checkpointer(run, state, identity_, kSteps);
  train(state, 4);
  checkpointer.save(Milestone::kOpenEpoch);

  TrainingState restored = new_state();
  const RunState stored = read_run_state(run.last());
  restore(restored, load_checkpoint(run.last()), stored, run.last(), kStepsPerEpoch, kSteps);
  EXPECT_EQ(restored.step, 4U);
  EXPECT_EQ(restored.table.rows(), state.table.rows());
  EXPECT_EQ(stored.options, identity_.options);
  EXPECT_EQ(stored.encoder, identity_.encoder);
  EXPECT_EQ(stored.record, identity_.record);

  const RunFolder other = this->run("other");
  for (const uint64_t step : {4, 8}) {
    train(state, step);
    train(restored, step);
    for (const auto& [folder, of] : {std::pair{&run, &state}, {&other, &restored}})
      Checkpointer(*folder, *of, identity_, kSteps).save(Milestone::kOpenEpoch);
    for (const char* file :
         {"model.safetensors", "heads.safetensors", "resume.safetensors", "resume.json", "tasks.json"})
      EXPECT_EQ(read_file(other.last() / file), read_file(run.last() / file)) << file << ", step " << step;
  }
}

TEST_F(CheckpointerTest, KeepsTheBestAndTheLast) {
  const RunFolder run = this->run("run");
  TrainingState state = new_state();
  const Checkpointer checkpointer(run, state, identity_, kSteps);
  const auto expect_kept = [&](const std::string& best, const std::string& last) {
    EXPECT_EQ(run.best().filename(), best);
    EXPECT_EQ(run.last().filename(), last);
    EXPECT_EQ(all_checkpoints(run.path()), best.empty() || best == last
                                               ? std::vector<std::string>{last}
                                               : (std::vector<std::string>{best, last}));
  };
  const auto save = [&](uint64_t step, Milestone milestone) {
    state.step = step;
    checkpointer.save(milestone);
  };
  save(2, Milestone::kOpenEpoch);
  expect_kept("", "step-000002-open");
  save(3, Milestone::kBest);
  expect_kept("step-000003", "step-000003");
  save(5, Milestone::kOpenEpoch);
  expect_kept("step-000003", "step-000005-open");
  save(6, Milestone::kEpoch);
  expect_kept("step-000003", "step-000006");
  save(8, Milestone::kBest);
  expect_kept("step-000008", "step-000008");
}

TEST_F(CheckpointerTest, TheModelCardHasTheScoresOfAnEpochThatEnded) {
  const RunFolder run = this->run("run");
  TrainingState state = new_state();
  const Checkpointer checkpointer(run, state, identity_, kSteps);
  state.step = 3;
  checkpointer.save(Milestone::kBest, "1: topic 0.75");
  EXPECT_NE(card(run).find("After epoch 1: topic 0.75."), std::string::npos);
  state.step = 4;
  checkpointer.save(Milestone::kOpenEpoch);
  EXPECT_EQ(card(run).find("After epoch"), std::string::npos);
}

TEST_F(CheckpointerTest, TheOptimizerIsSavedWhileStepsAreLeft) {
  const RunFolder run = this->run("run");
  TrainingState state = new_state();
  const Checkpointer checkpointer(run, state, identity_, kSteps);
  train(state, kSteps - 1);
  checkpointer.save(Milestone::kOpenEpoch);
  EXPECT_TRUE(fs::exists(run.last() / kOptimizerFile));
  train(state, kSteps);
  checkpointer.save(Milestone::kBest);
  EXPECT_FALSE(fs::exists(run.last() / kOptimizerFile));
  TrainingState restored = new_state();
  restore(restored, load_checkpoint(run.last()), read_run_state(run.last()), run.last(), kStepsPerEpoch,
          kSteps);
  EXPECT_EQ(restored.step, kSteps);
}

TEST_F(CheckpointerTest, AStateThatDoesNotFitTheRunIsRefused) {
  TrainingState state = new_state();
  const Model from = golden_.model();
  RunState stored;
  stored.step = 4;
  stored.losses = state.losses.sums();
  const auto expect_refused = [&] {
    expect_error([&] { restore(state, from, stored, "last", kStepsPerEpoch, kSteps); },
                 {"last: step ", "does not fit the run"});
  };
  expect_refused();  // after no epoch, of 3 steps each
  stored.metrics.assign(2, std::vector<std::string>(state.table.columns().size()));
  expect_refused();  // 2 epochs have 6 steps
  stored.step = 10;
  expect_refused();  // the run has 9
  stored.step = 7;
  stored.losses.pop_back();
  expect_refused();  // there are 2 tasks
  EXPECT_EQ(state.step, 0U);
}

}  // namespace
}  // namespace mtnlp
