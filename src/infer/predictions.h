// What predict writes: the input row with the columns that TaskKind::answer_columns adds per task.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/row_writer.h"
#include "data/text_rows.h"
#include "infer/predictor.h"

namespace mtnlp {

/// How a task's labels are written with the probability of each, as the shortest texts that read back as the same
/// floats.
enum class AllProbabilities {
  kNone,     ///< only what TaskKind::answer gives
  kColumns,  ///< a column TASK.probability.LABEL for each
  kObject,   ///< an object of JSON, TASK.probabilities, with the labels as its keys
};

/// Returns the columns that predict adds for `tasks`, with `prefix` before their names.
std::vector<AddedColumn> prediction_columns(const std::vector<Task>& tasks, const std::string& prefix,
                                            AllProbabilities all = AllProbabilities::kNone);

/// Writes each row with the answers of all heads; a row that could not be read goes without. `embeddings`
/// [rows, D]. Throws Error when an output is not finite.
void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out,
                       AllProbabilities all = AllProbabilities::kNone);

}  // namespace mtnlp
