// One optimiser step after another: gradients of all micro-batches, then, when they are complete, the update.
#pragma once

#include <cstdint>

#include "train/finite.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/step.h"

namespace mtnlp {

/// How long a run is, and what its learning rate does meanwhile.
struct RunLength {
  uint64_t epochs = 0, steps_per_epoch = 0, warmup_steps = 0;
  Schedule schedule = Schedule::kLinear;

  uint64_t steps() const { return epochs * steps_per_epoch; }
  uint64_t steps_before(uint64_t epoch) const { return epoch * steps_per_epoch; }
  /// Returns the factor of the learning rates at step `step`, counted from 0.
  double factor(uint64_t step) const;
};

/// Takes steps with a network, its optimiser and the meter of its losses, all borrowed.
class StepRunner {
 public:
  /// `frozen` stands for the lowest stages; null: all stages are in training.
  StepRunner(NetworkImpl& network, AdamW& optimizer, LossMeter& losses, const EncodedRows& encoded,
             const FrozenStages* frozen, const StepOptions& options, const RunLength& length,
             const std::vector<Task>& tasks);

  /// Takes step `index` of the run, from 0. Throws Error of kSystem when a loss or a gradient is not finite, the
  /// weights being as they were.
  void take(const Step& step, uint64_t index);
  /// Throws Error of kSystem when the losses so far, or the network's or the optimiser's numbers, are not finite.
  void require_finite_state(uint64_t steps_done) const;

 private:
  NetworkImpl& network_;
  AdamW& optimizer_;
  LossMeter& losses_;
  const EncodedRows& encoded_;
  const FrozenStages* frozen_;
  StepOptions options_;
  RunLength length_;
  const std::vector<Task>& tasks_;
  FiniteWatch finite_;
};

}  // namespace mtnlp
