// A training run from options to a run folder.
#pragma once

#include <functional>

#include "run/run_folder.h"
#include "train/options.h"

namespace mtnlp {

/// Reads and checks all input, then calls `make_run` for the run folder (so that bad input leaves nothing
/// behind) and fills it: metrics.csv, sources.json, split.csv, checkpoints, best, last, test.json. Throws
/// Stopped after writing a last checkpoint when a stop signal arrives; Error for wrong input.
///
/// With `resume` it goes on from that run's `last`, or from the start when there is none yet, and ends with
/// the same bytes as if it had never stopped (on the same machine with as many threads): the data are read by
/// the run's own record, whatever the options name. Throws Error naming the first difference when the data,
/// the record, the encoder or an option of `identity` are not as they were. A run that is done is scored
/// again.
TrainResult train(const TrainOptions& options, const std::function<RunFolder()>& make_run);

/// Reads and checks the same, logs what `train` logs of data and model, and returns what it would do.
Outline dry_run(const TrainOptions& options);

}  // namespace mtnlp
