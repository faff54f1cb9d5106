// Results as text for a terminal.
#pragma once

#include <string>
#include <vector>

#include "mtnlp/data/dataset.h"
#include "mtnlp/eval/metrics.h"

namespace mtnlp {

/// Rows of cells with aligned columns; the first row is the header. Numbers to the right is the caller's
/// wish: every column but the first is right-aligned.
std::string align_table(const std::vector<std::vector<std::string>>& rows);

/// Accuracy with its 95 % interval, macro-F1 and loss per task, then precision, recall and F1 per class.
/// Tasks without rows are left out. `title` says what was scored.
std::string metrics_table(const std::vector<Task>& tasks, const std::vector<TaskMetrics>& metrics,
                          const std::string& title);

}  // namespace mtnlp
