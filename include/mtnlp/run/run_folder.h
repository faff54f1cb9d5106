// A run folder on disk:
//   options.toml  metrics.csv  sources.json  split.csv  test.json  train.log
//   checkpoints/step-000135/       a checkpoint (see checkpoint.h) after an epoch's validation, complete once
//   there checkpoints/step-000150-open/  one inside an epoch best  last                     links into
//   checkpoints/; last holds the state to go on from (see run_state.h)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mtnlp/base/files.h"

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
  /// and then only if all it holds is of a run; that is removed, and so are leftovers of an interrupted run.
  /// Another process that writes to the same run is refused as long as the object or a copy lives.
  static RunFolder create(const fs::path& folder, bool overwrite);
  /// The refusals of `create`, before anything is touched.
  static void require_free(const fs::path& folder, bool overwrite);
  /// An existing one, which is not touched (it may be in training); throws Error when `folder` is no run
  /// folder.
  static RunFolder open(const fs::path& folder);
  /// An existing one to go on with, not touched yet; other writers are refused as by `create`.
  static RunFolder go_on(const fs::path& folder);
  /// runs/DATE-TIME below the working folder, not yet there.
  static fs::path default_path();

  const fs::path& path() const { return path_; }
  fs::path file(const std::string& name) const { return path_ / name; }
  fs::path best() const { return path_ / "best"; }
  fs::path last() const { return path_ / "last"; }

  /// Writes checkpoints/step-NNNNNN[-open] by `fill`, or takes it as it is when it is there (the state of a
  /// step is a pure function of the options), then points `best`, if it is that, and `last` at it; afterwards
  /// removes checkpoints that neither names. Interrupted anywhere, `last` is complete and what came after it
  /// can be repeated.
  void add_checkpoint(uint64_t step, Milestone milestone,
                      const std::function<void(const fs::path&)>& fill) const;

  /// Removes what an interrupted run left: temporaries, and checkpoints that no link names. For whoever goes
  /// on with the run.
  void remove_leftovers() const;

  /// Points runs/latest beside the run at it. A `latest` that is no link is left alone; a folder that cannot
  /// be written is only warned of.
  void link_latest() const;

 private:
  void remove_unnamed() const;  ///< checkpoints that no link names

  explicit RunFolder(fs::path path) : path_(std::move(path)) {}
  void lock();
  fs::path path_;
  std::shared_ptr<void> lock_;
};

/// metrics.csv, rewritten atomically from all its rows at every change. Cells are as printed.
class MetricsTable {
 public:
  explicit MetricsTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  void add_row(std::vector<std::string> cells);  ///< as many as columns
  void write(const fs::path& file) const;
  static MetricsTable read(const fs::path& file);  ///< throws Error when it is missing or no table
  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// The checkpoint folder that a MODEL argument names: a run folder's best (its last when no epoch has ended),
/// or the folder itself. Links to a checkpoint are followed, so that a run in training does not change it
/// under a reader. Throws Error when there is no such folder.
fs::path resolve_model(const fs::path& model);
/// The run folder that `model` names or lies in (RUN, RUN/best, RUN/checkpoints/step-N), empty when none.
fs::path run_of_model(const fs::path& model);

}  // namespace mtnlp
