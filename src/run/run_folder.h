// A run folder on disk:
//   options.toml  metrics.csv  sources.json  split.csv  earlier.csv  test.json  train.log
//   checkpoints/step-000135/       a checkpoint (network/checkpoint.h) after an epoch's validation; complete
//                                  once it is there
//   checkpoints/step-000150-open/  one inside an epoch
//   tokens/                        of mtnlp adapt: its texts as token ids, while it trains
//   checkpoints.json               which of them are the best and the last (checkpoints.h); the last holds
//                                  the state to go on from (run/run_state.h)
//   best  last                     links that say the same
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "run/checkpoints.h"

namespace mtnlp {

/// What a checkpoint is to its run.
enum class Milestone {
  kOpenEpoch,  ///< inside an epoch, or before its validation
  kEpoch,      ///< an epoch is done
  kBest,       ///< and scored better than all before it
};

class RunFolder {
 public:
  /// Creates `folder`. An empty folder is taken. One with content is refused with Error unless `overwrite`,
  /// and then only if a run wrote all that it holds; that is removed, and so are leftovers of an interrupted
  /// run. Another process that writes to the same run is refused as long as the object or a copy lives.
  static RunFolder create(const fs::path& folder, bool overwrite);
  /// Creates runs/DATE-TIME below the working folder, or runs/DATE-TIME-2 and so on when another run has it.
  static RunFolder create_new();
  /// Throws the Errors of `create`, before anything is touched.
  static void require_free(const fs::path& folder, bool overwrite);
  /// Opens an existing one, which is not touched (it may be in training); throws Error when `folder` is not a
  /// run folder.
  static RunFolder open(const fs::path& folder);
  /// Opens an existing one to go on with, not touched yet; other writers are refused as by `create`, and so
  /// is one whose best and last checkpoints are not known.
  static RunFolder go_on(const fs::path& folder);

  const fs::path& path() const { return path_; }
  fs::path file(const std::string& name) const { return path_ / name; }
  fs::path best() const;  ///< checkpoint; empty before an epoch has ended
  fs::path last() const;  ///< checkpoint; empty before the first

  /// Writes checkpoints/step-NNNNNN[-open] by `fill`, or takes it as it is when it is the last one already,
  /// then records it as `last` and, if it is that, as `best`, and points the links there; afterwards removes
  /// checkpoints that are neither. Interrupted anywhere, `last` is complete and what came after it can be
  /// repeated.
  void add_checkpoint(uint64_t step, Milestone milestone,
                      const std::function<void(const fs::path&)>& fill) const;

  /// Removes the checkpoints before `last` that are neither it nor `best`. Never removes what a run did not
  /// write, what a reader holds, or anything behind a link.
  void remove_old_checkpoints() const;

  /// Removes what an interrupted run left: temporaries of what a run writes, the checkpoint that it had not
  /// named yet, and old ones. Warns of what had to be assumed. For whoever goes on with the run.
  void remove_leftovers() const;

  /// Removes the folder unless it has a checkpoint: of a run whose input turned out to be wrong.
  void remove_unless_begun() const;

  /// Points runs/latest beside the run at it. A `latest` that is not a link is left alone; a folder that
  /// cannot be written is only warned of.
  void link_latest() const;

 private:
  struct Shared;  ///< shared by all copies: the lock, and the warnings that were printed

  explicit RunFolder(fs::path path);
  void lock();
  void clear() const;
  void link_named() const;

  fs::path path_;
  std::shared_ptr<Shared> shared_;
};

/// A model's folder. While the object or a copy lives, a training beside us does not remove it.
class ModelFolder {
 public:
  ModelFolder(fs::path path, std::shared_ptr<void> held) : path_(std::move(path)), held_(std::move(held)) {}
  const fs::path& path() const { return path_; }
  operator const fs::path&() const { return path_; }

 private:
  fs::path path_;
  std::shared_ptr<void> held_;
};

/// Returns the checkpoint folder that a MODEL argument names: a run folder's best (its last when no epoch has
/// ended), RUN/best or RUN/last, by the run's record also where these links are not there, or the folder
/// itself. Links to a run or checkpoint are followed, so that a run in training does not change it under a
/// reader. Warns when a link says something else than the record. Throws Error when there is no such folder.
ModelFolder resolve_model(const fs::path& model);
/// Returns the files that a run wrote, or may write: its own, and those of all its checkpoints.
std::vector<fs::path> files_of_run(const fs::path& run);
/// Returns the run folder that `model` names or lies in (RUN, RUN/best, RUN/checkpoints/step-N), empty when
/// none.
fs::path run_of_model(const fs::path& model);

}  // namespace mtnlp
