// Where a model fails: rows that have something in common, beside all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/encoded_rows.h"
#include "data/row_places.h"
#include "hub/model_settings.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// A way to put rows into groups.
struct Grouping {
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();
  std::string by;                       ///< "length", "source", "truncation", or a column
  std::vector<std::string> names = {};  ///< of the groups
  std::vector<size_t> groups = {};      ///< [all row ids] place in `names`, or kNone
};

/// Returns the number of tokens [rows] that the text of each of `rows` has before any cut.
std::vector<size_t> whole_lengths(const Dataset& dataset, const EncodedRows& encoded,
                                  std::span<const uint32_t> rows, const ModelSettings& settings);

/// Returns the quarters of `rows`, of so many in all, by their `lengths` [rows].
Grouping group_by_length(std::span<const size_t> lengths, std::span<const uint32_t> rows, size_t all_rows);
/// Returns the files that rows come from.
Grouping group_by_source(const Dataset& dataset);
/// Returns the rows that `cut` shortens, and the others.
Grouping group_by_truncation(std::span<const size_t> lengths, std::span<const uint32_t> rows, size_t all_rows,
                             const TextCut& cut);
/// Returns the kMostGroups commonest values in the column `name`, whose cell is places[i].cells[column] for rows[i].
Grouping group_by_column(const std::string& name, size_t column, std::span<const RowPlace> places,
                         std::span<const uint32_t> rows, size_t all_rows);
inline constexpr size_t kMostGroups = 50;

/// Returns those by length, source and truncation, of `rows`.
std::vector<Grouping> usual_groupings(const Dataset& dataset, const EncodedRows& encoded,
                                      std::span<const uint32_t> rows, const ModelSettings& settings);

/// A group of the rows of a task, and how many of them are wrong: of answers that are right or wrong those, of numbers
/// the rows with an error above the median.
struct Slice {
  std::string by, name;
  bool right_or_wrong = true;
  size_t rows = 0, wrong = 0;
  size_t other_rows = 0, other_wrong = 0;
  double p = 1;          ///< of Fisher's exact two-sided test
  double corrected = 1;  ///< that by Holm, for the number of slices

  double share() const { return static_cast<double>(wrong) / static_cast<double>(rows); }
  double other_share() const { return static_cast<double>(other_wrong) / static_cast<double>(other_rows); }
  /// Returns what `wrong` counts: "wrong", or "error above the median".
  const char* counted() const { return right_or_wrong ? "wrong" : "error above the median"; }
  /// Says whether more of its rows are wrong than of the others, beyond noise.
  bool is_worse() const { return share() > other_share() && corrected < 0.05; }
};

/// Returns the slices of a task whose metrics have `figures` of `rows` (ids): groups of at least 5 rows that are not
/// all.
std::vector<Slice> slices_of(const RowFigures& figures, std::span<const uint32_t> rows,
                             std::span<const Grouping> groupings);

/// Returns [{"by", "name", "rows", "wrong", "error_rate", "error_rate_ci95", "other_rows", "other_wrong",
/// "other_error_rate", "p", "p_holm", "worse"}], of numbers with "above_median" for "wrong" and "above_median_rate" for
/// "error_rate".
OrderedJson slices_json(const std::vector<Slice>& slices);

}  // namespace mtnlp
