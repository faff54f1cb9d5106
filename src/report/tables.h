// Results as text for a terminal.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"
#include "tasks/metrics.h"

namespace mtnlp {

/// Rows of cells with aligned columns; the first row is the header. Numbers to the right is the caller's
/// wish: every column but the first is right-aligned. Cells are made printable; a row is one line.
std::string align_table(const std::vector<std::vector<std::string>>& rows);

/// The name of a task in a table: a long one is shortened.
std::string task_cell(const std::string& task);
/// "TASK LABEL", the name of a class in a table: long names are shortened.
std::string class_name(const std::string& task, const std::string& label);

/// Accuracy with its 95 % interval, macro-F1 and loss per task, then precision, recall and F1 per class.
/// Tasks without rows are left out, and so are classes of a task beyond kMostClasses, which a line counts.
/// `title` says what was scored.
std::string metrics_table(const std::vector<Task>& tasks, const std::vector<TaskMetrics>& metrics,
                          const std::string& title);

}  // namespace mtnlp
