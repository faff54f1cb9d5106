// A run before its folder is there: all input read and checked, nothing written.
#pragma once

#include <optional>

#include "run/selection.h"
#include "train/checkpointer.h"
#include "train/setup.h"
#include "train/step_runner.h"

namespace mtnlp {

/// All that a run is made of before its folder is there.
struct Prepared {
  explicit Prepared(const TrainOptions& options);  ///< reads and checks all input, writes nothing

  torch::Device device;
  TrainingData data;
  RunIdentity identity;
  int64_t frozen_stages = 0;
  std::vector<bool> frozen_heads;  ///< [tasks] they keep their decisions
  std::optional<TrainingState> state;
  Selection selection;
  StepOptions step_options;
  PlanOptions plan;
  RunLength length;
  bool resumed = false;
};

/// Returns what the run would do.
Outline outline_of(const Prepared& prepared);

}  // namespace mtnlp
