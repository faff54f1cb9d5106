// Rows in K folds, each of which is held out of one training of K (cross-validation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mtnlp {

/// One fold of several.
struct Fold {
  size_t number = 1;  ///< from 1
  size_t of = 2;
  bool operator==(const Fold&) const = default;
};

inline constexpr size_t kMostFolds = 100;

/// Reads "2/5", the second of five folds; none for anything else, and for less than 2 or more than kMostFolds.
std::optional<Fold> parse_fold(const std::string& text);
/// Returns "2/5".
std::string fold_text(const Fold& fold);

/// Returns the number of each row's fold, from 1; 0 for the rows of given parts, which are in none. Cuts 1/K of the
/// units off, then 1/(K - 1) of what is left, and so on, each by the law of split_rows: units stay whole, and each
/// fold has its share of each stratum, also of rare ones. Throws Error where there are fewer units than folds.
std::vector<size_t> fold_rows(const Dataset& dataset, size_t folds, uint64_t seed);

/// Returns the part of each row in the training that holds `fold` out: its rows are the test part. The others are
/// split into train and validation, 85 to 15 by the law of split_rows, unless validation is given.
std::vector<Part> parts_of_fold(const Dataset& dataset, const Fold& fold, uint64_t seed,
                                std::vector<std::string>* warnings);

}  // namespace mtnlp
