// The options of `mtnlp train`.
#pragma once

#include <string>
#include <vector>

#include "cli/option_groups.h"
#include "train/trainer.h"

namespace mtnlp::cli {

struct TrainArguments {
  TrainOptions train;
  DataArguments data;
  std::vector<std::string> task_weights;
  std::string out, resume;
  bool overwrite = false;
};

/// Adds the verb `train`, whose options set `arguments`.
VerbTable& add_train(VerbTable& root, TrainArguments& arguments);

/// Returns what training takes; throws Error for malformed pairs.
TrainOptions resolve(TrainArguments arguments, bool quiet);

}  // namespace mtnlp::cli
