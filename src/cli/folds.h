// What train --k-fold and data suspects share: the runs of all folds, and what they say of the rows that they have not
// seen.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "cli/option_groups.h"
#include "cli/train_options.h"
#include "sweep/folds.h"

namespace mtnlp::cli {

/// Makes `folder` for `folds` runs with the options in `verb`, which `arguments` hold. Throws Error before that for
/// options and data that a fold cannot be trained with.
void start_folds(const fs::path& folder, size_t folds, const TrainArguments& arguments, const VerbTable& verb,
                 const GlobalOptions& global);

/// Throws Error for an option in `verb` that shapes runs, since those of folds that began have theirs.
void refuse_options_of_runs(const VerbTable& verb);

/// All rows of all folds, each scored by the run that has not seen it.
struct OutOfFold {
  Dataset dataset;
  std::vector<Task> tasks;  ///< as in the runs, but for decisions
  AllMetrics metrics;       ///< parallel to `tasks`
};

/// Is told of each row that has a target of a task, which is as the run that scores it has it, and the outputs of that
/// run.
using SeeHeldOut = std::function<void(size_t index, const Task& task, uint32_t row, Target target,
                                      std::span<const float> outputs)>;

/// Scores the held-out rows of `runs`.
OutOfFold score_folds(std::span<const fs::path> runs, const MachineOptions& machine,
                      const GlobalOptions& global, const SeeHeldOut& see = {});

/// Trains the runs in `folder` that are not done, and gives their figures: test.json, a table, and `json` unless it is
/// empty.
void finish_k_fold(const fs::path& folder, const MachineOptions& machine, const std::string& json,
                   const GlobalOptions& global);

}  // namespace mtnlp::cli
