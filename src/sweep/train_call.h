// A process of this executable that trains a run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "data/folds.h"

namespace mtnlp {

/// A call of `mtnlp train`.
struct TrainCall {
  fs::path options;               ///< of the run; not read when it resumes
  fs::path run = {};              ///< run folder
  fs::path results = {};          ///< JSON file to write
  fs::path shared = {};           ///< folder for what frozen layers give; empty: none
  bool resume = false;            ///< the run folder is there
  uint64_t stop_after = 0;        ///< epochs; 0: at the end
  bool score_test = false;        ///< score the test part
  std::optional<Fold> fold = {};  ///< to hold out; none: as the options say
  bool dry_run = false;           ///< only look whether it could train; run, results and shared do not count
};

/// Gives the arguments of a call, which the command line knows.
using WordsOfCall = std::function<std::vector<std::string>(const TrainCall&)>;

}  // namespace mtnlp
