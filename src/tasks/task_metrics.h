// How good a model is at one task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/intervals.h"
#include "tasks/target.h"

namespace mtnlp {

/// A number that sums up a task's rows.
struct Figure {
  const char* key;        ///< in test.json; behind "NAME.val_" in metrics.csv
  const char* title;      ///< in tables and the log; "": it stands in test.json alone
  bool of_epoch = false;  ///< stands in metrics.csv and in the log of an epoch
  bool chooses = false;   ///< the greater, the better the epoch; of one scale with those of other kinds
  bool own_unit = false;  ///< in a unit of the model's own, so not to be put beside that of another
};

/// Figures of the rows of one task, and of samples of them.
class RowFigures {
 public:
  virtual ~RowFigures() = default;

  /// Returns all figures of the kind; the first is the mean of 1 - error() or grows and falls with it.
  virtual std::vector<Figure> figures() const = 0;
  /// Returns their values where row i, in the order in which they were added, counts counts[i] times; NaN for
  /// what is not known.
  virtual std::vector<double> values(std::span<const uint32_t> counts) const = 0;
  /// Returns how wrong the answer for `row` is; of the answers of two models the smaller error wins.
  virtual double error(size_t row) const = 0;
  /// Says whether an answer is right, with an error of 0, or wrong; else an error is only larger or smaller.
  virtual bool right_or_wrong() const = 0;
  /// Returns how sure of it the answer for `row` was, the larger the surer; NaN where that is not known.
  virtual double confidence(size_t row) const = 0;
};

/// What is said of all rows of a task.
struct Summary {
  std::vector<Figure> figures;
  std::vector<double> values;         ///< parallel to `figures`; NaN for what is not known
  std::vector<Interval95> intervals;  ///< of 95 %, parallel to `figures`

  /// Adds KEY and KEY_ci95 of what is known to `json`.
  void write(OrderedJson& json) const;
};

/// Returns the figures of all `rows` rows with bootstrap intervals.
Summary summarize(const RowFigures& figures, size_t rows);

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
  /// Adds one row with its target, not none, and the answer of another program in the words of predict, with
  /// `separator` between several labels. Returns false for an answer that the task does not know, which counts as wrong;
  /// throws Error for what cannot be one.
  virtual bool add_answer(Target target, const std::string& answer, const std::string& separator) = 0;

  /// Adds the rows of `other`, metrics of a task that differs in nothing but its decision and scale, with the answers
  /// that they have there.
  virtual void add_rows(const TaskMetrics& other) = 0;

  uint64_t rows() const { return rows_; }
  /// Returns the mean loss of the rows; NaN without rows.
  double loss() const;
  /// Returns the figures of the rows so far, which are borrowed.
  virtual std::unique_ptr<const RowFigures> row_figures() const = 0;
  /// Returns the values of the kind's figures, parallel to TaskKind::figures; NaN for what is not known.
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

/// Returns a table of the figures of `summary`, a row for each that has a title.
ResultTable summary_table(const std::string& task, uint64_t rows, const Summary& summary);

/// Metrics parallel to a list of tasks.
using AllMetrics = std::vector<std::unique_ptr<TaskMetrics>>;

}  // namespace mtnlp
