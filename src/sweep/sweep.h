// A sweep in its folder:
//   sweep.json                what record.h says
//   settings/NNN-seedS.toml   the options of each run
//   runs/NNN-seedS/           the run folders; runs/NNN-seedS.log what a run printed
//   summary.csv  best.toml  test.json   when it is done
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "sweep/record.h"

namespace mtnlp {

/// What a sweep ends with.
struct SweepResult {
  std::string table;    ///< of the settings, for a terminal
  std::string verdict;  ///< one sentence
  std::string test;     ///< figures of the best setting on the test part; empty when that has no rows
};

/// A call of this executable that trains one run.
struct TrainCall {
  fs::path options;         ///< of the run; not read when it resumes
  fs::path run;             ///< run folder
  fs::path results;         ///< JSON file to write
  fs::path shared;          ///< folder for what frozen layers give
  bool resume = false;      ///< the run folder is there
  uint64_t stop_after = 0;  ///< epochs; 0: at the end
  bool score_test = false;
};

/// Gives the arguments of a call, which the command line knows.
using WordsOfCall = std::function<std::vector<std::string>(const TrainCall&)>;

/// Makes the folder of a sweep, with its `record` and the text of the options of each run, by name. Throws Error
/// when `sweep` exists and is not empty.
void create_sweep(const fs::path& sweep, const SweepRecord& record,
                  const std::map<std::string, std::string>& options);

/// Trains what is not trained yet, `jobs` runs at once, each a process of its own with the arguments that `words`
/// gives, and fills the folder. Interrupted anywhere it goes on when called again, to the same end. Throws Error
/// when another process works in the folder, and with the words of a run that failed; Stopped when a stop signal
/// arrives.
SweepResult run_sweep(const fs::path& sweep, size_t jobs, const WordsOfCall& words);

}  // namespace mtnlp
