// Tables for a terminal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/comparison.h"
#include "eval/slices.h"
#include "tasks/task.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// Returns `rows` of cells as lines with aligned columns; the first row is the header. The first column is
/// left-aligned, the others right-aligned. Cells are made printable.
std::string align_table(const std::vector<std::vector<std::string>>& rows);

/// Returns the tables of all tasks (TaskMetrics::tables), those with one header in one. Tasks without rows are
/// left out. `title` says what was scored.
std::string metrics_table(const std::vector<Task>& tasks, const AllMetrics& metrics,
                          const std::string& title);

/// Returns a table of the slices of a task, and a sentence for each that is worse.
std::string slices_text(const std::string& task, const std::vector<Slice>& slices);

/// Returns the figures of two models and their differences, those of all tasks in one table, and below it what
/// follows for each task. The names and `comparisons` are parallel.
std::string comparison_text(const std::vector<std::string>& tasks, const std::vector<Comparison>& comparisons,
                            std::optional<double> margin);

}  // namespace mtnlp
