// What a sweep wrote down, SWEEP/sweep.json: its settings, its rungs, and what each run has given so far. With
// SWEEP/settings/RUN.toml it is all that going on needs. On-disk format: Record::read must go on reading it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "sweep/space.h"

namespace mtnlp {

/// A run of a sweep after some of its epochs.
struct RunOutcome {
  uint64_t epochs = 0;       ///< end of the rung that it has trained for
  double seconds = 0;        ///< of the processes that ended by themselves; those stopped do not count
  Json results = {};         ///< what train --json wrote
  std::string failure = {};  ///< why it has no result: its loss is not finite; empty: it has one

  double score() const;  ///< of its best epoch; NaN without one
};

struct SweepRecord {
  std::vector<Setting> settings;
  std::vector<uint64_t> seeds;
  uint64_t epochs = 0;           ///< of a whole run
  double budget = 0;             ///< seconds; 0: none, and all settings are trained to the end
  uint64_t jobs = 1;             ///< runs at once that the budget counts on
  double seconds_per_epoch = 0;  ///< of one run, measured once; 0: not yet
  /// Settings of each rung, from those that start to those that train to the end. A rung is written here before
  /// its runs train on, and does not change any more.
  std::vector<std::vector<uint64_t>> rungs;
  std::map<std::string, RunOutcome> runs;  ///< by name

  static SweepRecord read(const fs::path& sweep);
  void write(const fs::path& sweep) const;
};

/// Returns "003-seed42", the name of the run of setting 3 with seed 42.
std::string run_name(size_t setting, uint64_t seed);
/// Returns the file with the options of a run.
fs::path options_of_run(const fs::path& sweep, const std::string& run);

}  // namespace mtnlp
