// The output of predict: each input row with the columns NAME and NAME.probability for each task.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/row_writer.h"
#include "data/text_rows.h"
#include "infer/predictor.h"

namespace mtnlp {

/// Returns the columns that predict adds for `tasks`, with `prefix` before their names.
std::vector<AddedColumn> prediction_columns(const std::vector<Task>& tasks, const std::string& prefix);

/// Writes each row with the predictions of all heads from `embeddings` [rows, D]; a row that could not be
/// read is written without. Throws Error when a probability is not finite.
void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out);

}  // namespace mtnlp
