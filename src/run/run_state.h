// What a checkpoint holds besides the weights so that a run goes on from it as if it had never stopped:
//   resume.json           RunState
//   resume.safetensors    the optimiser's state (see AdamW::state); absent when no step is left
// Order and dropout are pure functions of (seed, epoch, step), so there is no generator state.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "run/loss_sum.h"
#include "run/options_file.h"

namespace mtnlp {

/// A run between two steps, or between the last step of an epoch and its validation.
struct RunState {
  /// Of the format: 5 where there are soft labels, else 4. 1 joined an option's values by a space, 2 had no law, 3
  /// had a score beside the rows of metrics.csv.
  static constexpr int kVersion = 5;
  /// Of what a step does with its rows. Under 1, dropout went by the place of a token in its micro-batch;
  /// under 2, by what the token is: its row, and its place in that.
  static constexpr int kLaw = 2;
  int law = kLaw;                                 ///< under which the run began
  uint64_t step = 0;                              ///< steps done in all epochs
  std::vector<std::vector<std::string>> metrics;  ///< rows of metrics.csv, one for each epoch that is done
  std::vector<LossSum> losses;                    ///< [tasks] of the open epoch
  OptionValues options;                           ///< TrainOptions::identity
  std::map<std::string, std::string> encoder;     ///< encoder_checksums
  std::map<std::string, std::string> record;      ///< split_checksums
  std::map<std::string, std::string> soft = {};   ///< SoftLabels::checksums
};

inline constexpr const char* kOptimizerFile = "resume.safetensors";

void write_run_state(const fs::path& checkpoint, const RunState& state);
/// Throws Error when `checkpoint` has none, and for a newer format.
RunState read_run_state(const fs::path& checkpoint);
/// Throws Error when the run of `checkpoint` began under another law than this mtnlp trains by.
void require_our_law(const RunState& state, const fs::path& checkpoint);

/// Checksums of a run's record of its split.
std::map<std::string, std::string> split_checksums(const fs::path& run);
/// Throws Error naming the first file of `folder` whose checksum is not as it was.
void require_same_files(const fs::path& folder, const std::map<std::string, std::string>& was,
                        const std::map<std::string, std::string>& now);

/// Throws Error unless the record of the split in `run` is the one that its `checkpoint` was trained by. One
/// that holds no state to go on from is not asked.
void require_split_of(const fs::path& checkpoint, const fs::path& run);

/// Throws Error naming the first option of a run to be resumed that is not as it was; numbers are compared by
/// value. An option that is absent, as one that is younger than the run, has its value in `defaults`. The
/// message says that those of `free` may change.
void require_same_options(const OptionValues& was, const OptionValues& now, const OptionValues& defaults = {},
                          const std::vector<std::string>& free = {});

}  // namespace mtnlp
