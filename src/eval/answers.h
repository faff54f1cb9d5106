// Answers of other programs to labelled rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// Scores the answers in `file`, which has a row for each row of the one source of `dataset`, in its order, and a
/// column with the name of each of its tasks, as predict writes it, with `separator` between several labels. Metrics
/// are parallel to the tasks; they hold `rows`, ids in ascending order. Warns in `warnings` of answers that the tasks
/// do not know. Throws Error where rows are missing, a text is not that of the source, or, without the text columns,
/// the number of rows differs.
AllMetrics score_answers(const std::string& file, const std::string& separator, const Dataset& dataset,
                         std::span<const uint32_t> rows, std::vector<std::string>& warnings);

}  // namespace mtnlp
