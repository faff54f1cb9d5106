// A run folder on disk:
//   options.toml  metrics.csv  sources.json  split.csv  test.json  train.log
//   checkpoints/step-000135/   complete once there
//   best  last                 links into checkpoints/
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "mtnlp/base/files.h"

namespace mtnlp {

class RunFolder {
 public:
  /// Creates `folder`. An empty folder is taken. One with content is refused with Error unless `overwrite`,
  /// and then only if all it holds is of a run; that is removed, and so are leftovers of an interrupted run.
  static RunFolder create(const fs::path& folder, bool overwrite);
  /// The refusals of `create`, before anything is touched.
  static void require_free(const fs::path& folder, bool overwrite);
  /// An existing one, which is not touched (it may be in training); throws Error when `folder` is no run
  /// folder.
  static RunFolder open(const fs::path& folder);
  /// runs/DATE-TIME below the working folder, not yet there.
  static fs::path default_path();

  const fs::path& path() const { return path_; }
  fs::path file(const std::string& name) const { return path_ / name; }
  fs::path best() const { return path_ / "best"; }
  fs::path last() const { return path_ / "last"; }

  /// Writes checkpoints/step-NNNNNN by `fill`, or takes it as it is when it is there (the state of a step is
  /// a pure function of the options), then points `best`, if `is_best`, and `last` at it; afterwards removes
  /// checkpoints that neither names. Interrupted anywhere, `last` is complete and what came after it can be
  /// repeated.
  void add_checkpoint(uint64_t step, bool is_best, const std::function<void(const fs::path&)>& fill) const;

  /// Removes what an interrupted run left: temporaries, and checkpoints that no link names. For whoever goes
  /// on with the run.
  void remove_leftovers() const;

  /// Points runs/latest beside the run at it. A `latest` that is no link is left alone; a folder that cannot
  /// be written is only warned of.
  void link_latest() const;

 private:
  void remove_unnamed() const;  ///< checkpoints that no link names

  explicit RunFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
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
