// The rows that a model answers wrongly, for people to read.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// What a model answered to the rows that count for a task, in the order in which its metrics got them.
struct AnsweredRows {
  std::vector<uint32_t> rows;        ///< ids
  std::vector<std::string> answers;  ///< parallel, as TaskKind::answer_text
};

/// Writes a CSV table of all rows of `dataset` that have an error: task, file, line, text, of pairs pair (the second text), label, predicted, probability. The
/// surest come first, those of one confidence by the size of the error, then by row. Returns how many there are. Metrics and
/// `answered` are parallel to its tasks. Throws Error when a file has changed.
size_t write_mistakes(std::ostream& out, const Dataset& dataset, const AllMetrics& metrics,
                      const std::vector<AnsweredRows>& answered);

}  // namespace mtnlp
