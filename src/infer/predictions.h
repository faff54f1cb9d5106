// What predict writes: the input row with the columns that TaskKind::answer_columns adds per task.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/row_writer.h"
#include "data/text_rows.h"
#include "infer/explain.h"
#include "infer/predictor.h"

namespace mtnlp {

/// What is written of an answer.
struct AnswerOptions {
  bool all_probabilities =
      false;       ///< the probability of each label, as the shortest text that is the same float
  size_t top = 0;  ///< so many of the likeliest labels with their probabilities, the first of equal ones
  double min_confidence = 0;             ///< a label of a lower probability is left empty
  const Explainer* explainer = nullptr;  ///< adds a list of JSON, TASK.explanation; null: none
  /// Each of the first two is one value of JSON, an object TASK.probabilities and a list TASK.top, and lists are lists;
  /// else they are columns TASK.probability.LABEL, TASK.top.N and TASK.top.N.probability, and a list is a cell.
  bool nested = false;
  std::string separator = "|";  ///< between the items of a list in a cell
};

/// Throws Error where an answer of several labels could not be told from another: one of them holds the separator.
void require_separable(const std::vector<Task>& tasks, const AnswerOptions& options);

/// Returns the columns that predict adds for `tasks`, with `prefix` before their names.
std::vector<AddedColumn> prediction_columns(const std::vector<Task>& tasks, const std::string& prefix,
                                            const AnswerOptions& options = {});

/// Writes each row with the answers of all heads; a row that could not be read goes without. `embeddings`
/// [rows, D]. Throws Error when an output is not finite.
void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out, const AnswerOptions& options = {});

}  // namespace mtnlp
