// What predict writes: the input row with NAME and NAME.probability per task.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <torch/types.h>

#include "data/row_writer.h"
#include "data/text_rows.h"
#include "network/model.h"

namespace mtnlp {

/// Returns the columns that a model's tasks add, `prefix` before their names.
std::vector<AddedColumn> prediction_columns(const Model& model, const std::string& prefix);

/// Writes each row with the guesses of all heads; a row that could not be read goes without. `embeddings`
/// [rows, D] is on the device of the heads. Throws Error when a probability is not finite.
void write_predictions(std::span<const TextRow> rows, const torch::Tensor& embeddings, const Model& model,
                       const TextRows& source, RowWriter& out);

}  // namespace mtnlp
