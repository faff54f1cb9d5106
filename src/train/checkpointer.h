// Writes the checkpoints of a run.
#pragma once

#include <map>
#include <string>

#include "network/model.h"
#include "run/metrics_table.h"
#include "run/run_folder.h"
#include "run/run_state.h"
#include "train/loss.h"
#include "train/optimizer.h"

namespace mtnlp {

/// What changes while a run trains. With the data and the options it is all that later steps depend on.
struct TrainingState {
  TrainingState(Model start, const OptimizerOptions& options);

  Model model;
  AdamW optimizer;
  LossMeter losses;    ///< of the open epoch
  MetricsTable table;  ///< a row for each epoch that is done
  uint64_t step = 0;   ///< steps done in all epochs
};

/// What does not change, and what a resumed run must share with its beginning.
struct RunIdentity {
  OptionValues options;                          ///< TrainOptions::identity
  std::map<std::string, std::string> encoder;    ///< encoder_checksums
  std::map<std::string, std::string> record;     ///< split_checksums
  std::map<std::string, std::string> soft = {};  ///< SoftLabels::checksums
};

/// Takes `state`, whose steps are `steps` in all, to the checkpoint in `checkpoint`. Throws Error when it does
/// not fit the run.
void restore(TrainingState& state, const Model& from, const RunState& stored, const fs::path& checkpoint,
             uint64_t steps_per_epoch, uint64_t steps);

/// Writes `state` (borrowed) as checkpoints of a run of `steps` steps.
class Checkpointer {
 public:
  Checkpointer(RunFolder folder, const TrainingState& state, RunIdentity identity, uint64_t steps);

  /// Writes the last checkpoint; with `scores` of the epoch that has just ended for its model card, empty
  /// inside one.
  void save(Milestone milestone, const std::string& scores = "") const;

 private:
  RunFolder folder_;
  const TrainingState& state_;
  RunIdentity identity_;
  uint64_t steps_;
};

}  // namespace mtnlp
