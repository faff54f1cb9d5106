// What the epochs of a run are compared by, and when a run has stalled. All of it goes by the rows of
// metrics.csv, so a resumed run decides as one that never stopped.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "run/metrics_table.h"
#include "tasks/task.h"

namespace mtnlp {

class Selection {
 public:
  /// Reads "loss", the key of a figure, or TASK.FIGURE; "" is the figure that chooses by the task's kind
  /// (macro_f1 of one label of several). Throws Error for a text without a task before its dot, or a figure behind.
  explicit Selection(const std::string& text = "");

  /// Throws Error unless a task among `tasks` has the figure.
  void require_in(const std::vector<Task>& tasks) const;
  /// Returns the score of a row of `table`, the greater the better: the mean over the tasks that have the
  /// figure and validation rows, of a loss less than 0; NaN when none has.
  double score(const MetricsTable& table, size_t row) const;
  /// Returns the row with the highest score, the first of equal ones, the last where there are no scores.
  /// None without rows.
  std::optional<size_t> best_row(const MetricsTable& table) const;
  /// Returns the same for the figure of one task.
  Selection of_task(const std::string& task) const;

 private:
  bool is_score(const std::string& column) const;

  std::string task_;    ///< empty: all
  std::string figure_;  ///< empty: that of the task's kind
};

/// Returns the selection that the options of a run name.
Selection selection_of_run(const fs::path& run);

/// Which tasks must have stalled for a run to end early.
enum class StopOn { kAll, kAny };

/// Says whether `patience` epochs have passed since the best; with `tasks`, whether those of all or any of
/// `names` have. A patience of 0 never ends.
bool has_stalled(const MetricsTable& table, const Selection& selection, size_t patience,
                 std::optional<StopOn> tasks, const std::vector<std::string>& names);

}  // namespace mtnlp
