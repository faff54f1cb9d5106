// What a task may be. All that depends on it stands in one file per kind here, and its loss in one in train/.
// Nothing else knows what a target or an output of a head means.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tasks/cell.h"
#include "tasks/target.h"
#include "tasks/task.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// How the cells of a task are read, as the user says.
struct CellReading {
  std::vector<std::string> missing = {};  ///< words that count as none, as an empty cell does
  std::string separator = "|";            ///< between the labels in a cell that may hold several
  bool empty_is_none = false;             ///< an empty cell says of such a row that it has no label
};

/// Reads the targets of one task out of its data files.
class TargetReader {
 public:
  virtual ~TargetReader() = default;

  /// Says before the first cell what is known of `task`: as it was trained, or with the labels that the user
  /// names. `origin` tells where that comes from, for messages. Throws Error when it cannot be.
  virtual void know(const Task& task, const std::string& origin) = 0;
  /// Returns the target in `cell`; none for a cell that shows nothing or one of the missing words. Throws
  /// Error at the cell's place for what cannot be a target.
  virtual Target read(const TargetCell& cell) = 0;
  /// Does the same for a task of several columns, of which each stands for a label: `cells` are those of one row.
  /// Only for a kind that takes them.
  virtual Target read_columns(std::span<const TargetCell> cells) { return read(cells[0]); }
  /// Ends the reading of the `files` that say what the task is, and completes `task`; later cells must fit
  /// it. Throws Error when there is nothing to learn from them.
  virtual void settle(Task& task, const std::string& files) = 0;
  /// Returns what a target that was read before settle() is from then on.
  virtual Target settled(Target target) const { return target; }

  // Warnings, in lines of bounded length. `targets`: of all rows so far, some of them none.

  /// Returns doubts about the targets of a task that is settled.
  virtual std::vector<std::string> doubts(const Task& task, std::span<const Target> targets) const = 0;
  /// Returns what the task has no row of, after the limits.
  virtual std::vector<std::string> gaps(const Task& task, std::span<const Target> targets) const = 0;
  /// Returns doubts about how the cells were written, when all files have been read.
  virtual std::vector<std::string> mixtures(const Task& task) const = 0;
};

/// Groups of rows that the split spreads evenly over the parts and that the data check counts.
struct Strata {
  std::vector<std::string> names;                 ///< all different
  std::function<std::vector<size_t>(Target)> of;  ///< places in `names`, for a target that is not none
};

/// A column that predict adds for a task.
struct AnswerColumn {
  std::string suffix;   ///< behind the task's name: "", ".probability"
  bool number = false;  ///< its values are numbers
  bool list = false;    ///< its values are lists, as JSON
};

/// Without state: there is one object per kind.
class TaskKind {
 public:
  virtual ~TaskKind() = default;

  /// Returns the name of the kind in tasks.json and behind `--task NAME=FILE:`.
  virtual std::string name() const = 0;

  // ---- the task ----

  /// Says whether the tasks of this kind have labels.
  virtual bool has_labels() const = 0;
  /// Returns what is wrong with a task that was read from a file ("has fewer than 2 labels"); "" when it is
  /// sound.
  virtual std::string fault(const Task& task) const = 0;
  /// Returns in few words what there is to tell apart: "4 classes".
  virtual std::string outline(const Task& task) const = 0;
  /// Returns the number of outputs of the head.
  virtual size_t outputs(const Task& task) const = 0;

  // ---- its targets ----

  /// Says whether a value of this type in JSON can be a target.
  virtual bool takes(Cell cell) const = 0;
  /// Says whether a task may have several columns, each a label with a 0 or 1 for each row.
  virtual bool takes_columns() const { return false; }
  /// Returns a reader for the task called `task`.
  virtual std::unique_ptr<TargetReader> make_reader(const std::string& task,
                                                    const CellReading& reading) const = 0;
  /// Completes a new task by the targets of its training rows, some of them none.
  virtual void learn(Task& /*task*/, std::span<const Target> /*training*/) const {}
  /// Returns the strata of rows with these targets.
  virtual Strata strata(const Task& task, std::span<const Target> targets) const = 0;
  /// Returns a target as a person would write it.
  virtual std::string text(const Task& task, Target target) const = 0;

  // ---- what a model says ----

  /// Returns the columns that predict adds.
  virtual std::vector<AnswerColumn> answer_columns() const = 0;
  /// Returns the values of the columns for one row's outputs of the head, which are finite.
  virtual std::vector<std::string> answer(const Task& task, std::span<const float> outputs) const = 0;
  /// Returns the answer for one row's outputs as text() writes a target.
  virtual std::string answer_text(const Task& task, std::span<const float> outputs) const {
    return answer(task, outputs).front();
  }

  /// Returns the probability of each label for one row's outputs, which are finite; none for a kind without labels.
  virtual std::vector<float> probabilities(const Task& task, std::span<const float> outputs) const = 0;
  /// Returns what one row's outputs, which are finite, teach another model: the probability of each label without the
  /// task's decision, or the number.
  virtual std::vector<double> lesson(const Task& task, std::span<const float> outputs) const = 0;

  // ---- how good that is ----

  /// Returns the figures that TaskMetrics::figures gives; exactly one of them chooses the epoch.
  virtual std::vector<Figure> figures() const = 0;
  /// Returns metrics without rows.
  virtual std::unique_ptr<TaskMetrics> make_metrics(const Task& task) const = 0;
};

/// Returns all kinds; the first is the default.
const std::vector<const TaskKind*>& task_kinds();

/// Returns the kind of that name; throws Error, beginning with `where`, for any other.
const TaskKind& find_task_kind(const std::string& name, const std::string& where);

/// Returns empty metrics, parallel to `tasks`.
AllMetrics make_metrics(const std::vector<Task>& tasks);

/// Returns the number of outputs of the task's head.
inline size_t outputs_of(const Task& task) {
  return task.kind->outputs(task);
}

}  // namespace mtnlp
