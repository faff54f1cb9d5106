// What `mtnlp train` says when it is done.
#pragma once

#include "base/json.h"
#include "train/options.h"

namespace mtnlp::cli {

/// Returns the results for --json: of the best epoch the score and the validation figures of each task, the number
/// of weights, and, where the test part was scored, its "tasks" as `eval --json` gives them.
OrderedJson results_json(const TrainResult& result);

/// Returns what --dry-run prints of a run of `epochs`.
std::string outline_text(const Outline& outline, size_t epochs);

}  // namespace mtnlp::cli
