// The options of `mtnlp train`.
#pragma once

#include <string>
#include <vector>

#include "cli/option_groups.h"
#include "train/trainer.h"

namespace mtnlp::cli {

/// The command line of `mtnlp train`; `data` and `task_weights` are not parsed further yet.
struct TrainArguments {
  TrainOptions train;
  DataArguments data;
  std::vector<std::string> task_weights;  ///< "NAME=W"
  std::string out;                        ///< run folder to write; empty: runs/DATE-TIME
  std::string resume;                     ///< run folder to resume; empty: a new run
  bool overwrite = false;                 ///< replace `out` when it exists
};

/// Adds the verb `train`; parsing fills `arguments`.
VerbTable& add_train(VerbTable& root, TrainArguments& arguments);

/// Returns the options of training. Throws Error for a value that is not of its option's form, and for an
/// encoder that is not found.
TrainOptions resolve(TrainArguments arguments, bool quiet);

}  // namespace mtnlp::cli
