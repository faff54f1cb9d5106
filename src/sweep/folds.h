// Cross-validation in a folder: a run for each fold, which is held out of it.
//   folds.json      how many folds
//   options.toml    the options of all runs, table [train]
//   fold-I/         the run that holds fold I out; fold-I.json what train --json wrote, fold-I.log what it printed
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/files.h"
#include "sweep/train_call.h"

namespace mtnlp {

/// The runs of all folds when they are trained.
struct FoldRuns {
  std::vector<fs::path> runs;     ///< run folders, by fold
  std::vector<fs::path> results;  ///< what `train --json` wrote, parallel to `runs`
};

/// Makes the folder with the text of the options. Throws Error when it is there and not empty.
void create_folds(const fs::path& folder, size_t folds, const std::string& options);

/// Trains what is not trained yet, one run after another, each a process of its own with the arguments that `words`
/// gives. Interrupted anywhere it goes on when called again: a fold that is done is not trained again. Throws Error
/// when `folder` is not one of folds, when another process works in it, and with the words of a run that failed;
/// Stopped when a stop signal arrives.
FoldRuns train_folds(const fs::path& folder, const WordsOfCall& words);

}  // namespace mtnlp
