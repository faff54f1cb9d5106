// Rows whose given label is probably wrong: confident learning (Northcutt, Jiang, Chuang 2021), from the probabilities
// of models that have not seen the rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "data/dataset.h"

namespace mtnlp {

/// The rows of one task with the classes that they were given and the probability of each class.
struct HeldOutRows {
  std::vector<uint32_t> ids;  ///< row ids
  std::vector<size_t> given;  ///< classes, parallel to `ids`
  Matrix probabilities;       ///< [rows, classes]

  /// Adds a row.
  void add(uint32_t id, size_t given_class, std::span<const float> probabilities_of_row);
};

/// Returns of each class the mean probability that the rows given that class have of it: from there on a model is
/// confident of the class. 2, which nothing reaches, for a class that no row is given.
std::vector<double> confident_thresholds(const HeldOutRows& rows);

/// Returns the confident joint: of each given class (row) and each class of which the model is confident (column) how
/// many rows are so. Of several confident classes the most probable counts; a row without one counts nowhere.
std::vector<std::vector<size_t>> confident_joint(const HeldOutRows& rows);

/// A row that a model is confident to have another class than it was given.
struct Suspect {
  size_t task = 0;                  ///< index, for those of several tasks
  uint32_t row = 0;                 ///< id
  size_t given = 0, suggested = 0;  ///< classes
  double given_probability = 0, suggested_probability = 0;
  double score = 0;  ///< how much more probable the suggested class is than the given one
};

/// Returns the rows off the diagonal of the confident joint, the largest score first, those of one score by row.
std::vector<Suspect> find_suspects(const HeldOutRows& rows);

/// Writes a CSV table: rank, task, file, line, text, label, suggested, probability and suggested_probability, score.
/// Throws Error when a file has changed.
void write_suspects(std::ostream& out, const Dataset& dataset, std::span<const Suspect> suspects);

}  // namespace mtnlp
