// How good a model is at one task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/target.h"

namespace mtnlp {

/// A number that sums up a task's rows.
struct Figure {
  const char* key;       ///< in test.json; behind "NAME.val_" in metrics.csv
  const char* title;     ///< in tables and the log
  bool of_epoch;         ///< stands in metrics.csv and in the log of an epoch
  bool chooses = false;  ///< the greater, the better the epoch; of one scale with those of other kinds
};

/// Rows of a table of results, for tasks of one kind.
struct ResultTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::string below = {};  ///< lines below the table
};

/// Collects the rows of one task and answers with metrics.
class TaskMetrics {
 public:
  virtual ~TaskMetrics() = default;

  /// Adds one row with its target, not none, and the outputs of the head for it, which are finite.
  virtual void add(Target target, std::span<const float> outputs) = 0;

  uint64_t rows() const { return rows_; }
  /// Returns the mean loss of the rows; NaN without rows.
  double loss() const;
  /// Returns the values of the kind's figures, parallel to TaskKind::figures.
  virtual std::vector<double> figures() const = 0;
  /// Returns the task's object in test.json; it holds "rows", "loss" and the figures by their keys.
  virtual OrderedJson to_json() const = 0;
  /// Returns what `eval` and `train` print of the task called `task`.
  virtual std::vector<ResultTable> tables(const std::string& task) const = 0;

 protected:
  /// Counts a row with its loss.
  void count(double loss) {
    ++rows_;
    loss_sum_ += loss;
  }

 private:
  uint64_t rows_ = 0;
  double loss_sum_ = 0;
};

/// Metrics parallel to a list of tasks.
using AllMetrics = std::vector<std::unique_ptr<TaskMetrics>>;

}  // namespace mtnlp
