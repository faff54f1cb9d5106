// A sweep in its folder:
//   sweep.json                what record.h says
//   settings/NNN-seedS.toml   the options of each run
//   runs/NNN-seedS/           the run folders; runs/NNN-seedS.log what a run printed
//   summary.csv  best.toml  test.json   when it is done
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "sweep/record.h"
#include "sweep/train_call.h"

namespace mtnlp {

/// What a sweep ends with.
struct SweepResult {
  std::string table;    ///< of the settings, for a terminal
  std::string verdict;  ///< one sentence
  std::string test;     ///< figures of the best setting on the test part; empty when that has no rows
};

/// Makes the folder of a sweep, with its `record` and the text of the options of each run, by name, once train has tried the
/// runs `tried` without training, `jobs` at once. Throws Error with what train says of one of them, and when `sweep`
/// exists and is not empty; then nothing is made. Throws Stopped.
void create_sweep(const fs::path& sweep, const SweepRecord& record,
                  const std::map<std::string, std::string>& options, const std::vector<std::string>& tried,
                  size_t jobs, const WordsOfCall& words);

/// Trains what is not trained yet, `jobs` runs at once, each a process of its own with the arguments that `words`
/// gives, and fills the folder. Interrupted anywhere it goes on when called again, to the same end. Throws Error
/// when another process works in the folder, and with the words of a run that failed; Stopped when a stop signal
/// arrives.
SweepResult run_sweep(const fs::path& sweep, size_t jobs, const WordsOfCall& words);

}  // namespace mtnlp
