// Rows whose given label is probably wrong, by the probabilities of models that have not seen the rows: confident
// learning (Northcutt, Jiang, Chuang 2021).
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

/// A row beside the class that it was given.
struct Suspect {
  size_t task = 0;                  ///< index, for those of several tasks
  uint32_t row = 0;                 ///< id
  size_t given = 0, suggested = 0;  ///< classes; suggested is the most probable other one
  float given_probability = 0, suggested_probability = 0;
  bool confident = false;  ///< stands off the diagonal of the confident joint
};

/// Returns all rows, those first whose given class is the least probable (self-confidence, which is the order of the
/// loss), those of one probability by id.
std::vector<Suspect> rank_suspects(const HeldOutRows& rows);

/// Writes a CSV table: rank, task, file, line, text, label, suggested, probability and suggested_probability, confident
/// (yes or no).
/// Throws Error when a file has changed.
void write_suspects(std::ostream& out, const Dataset& dataset, std::span<const Suspect> suspects);

}  // namespace mtnlp
