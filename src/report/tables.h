// Tables for a terminal.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"
#include "tasks/metrics.h"

namespace mtnlp {

/// Returns `rows` of cells as lines with aligned columns; the first row is the header. The first column is
/// left-aligned, the others right-aligned. Cells are made printable.
std::string align_table(const std::vector<std::vector<std::string>>& rows);

/// Returns the name of a task for a table, shortened when it is long.
std::string task_cell(const std::string& task);
/// Returns the name of a class for a table, "TASK LABEL", shortened when it is long.
std::string class_name(const std::string& task, const std::string& label);

/// Returns two tables: accuracy with its 95 % interval, macro-F1 and loss of each task, and precision, recall
/// and F1 of each class. Tasks without rows are left out; so are classes of a task beyond kMostClasses, whose
/// number a line tells. `title` says what was scored.
std::string metrics_table(const std::vector<Task>& tasks, const std::vector<TaskMetrics>& metrics,
                          const std::string& title);

}  // namespace mtnlp
