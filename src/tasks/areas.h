// Areas under the ROC curve and the precision-recall curve of each class against all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace mtnlp {

/// Areas of one class; NaN without rows of the class or of others.
struct Areas {
  double roc;  ///< share of pairs of a row of the class and another in which the first has the larger score
  double precision_recall;  ///< average precision: the mean precision over the recalls that are reached
};

/// The rows, sorted once by their score of one class, so that many samples of them are quick to judge. Rows of equal
/// scores count as one, so that their order has no effect.
class RankedClass {
 public:
  /// scores[i] is row i's, is_class[i] whether the row is of the class.
  RankedClass(std::span<const float> scores, const std::vector<bool>& is_class);

  /// Returns the areas where row i counts counts[i] times.
  Areas areas(std::span<const uint32_t> counts) const;

 private:
  /// Where rows of a step end in rows_. A step is the rows of one score that some row of the class has.
  struct Step {
    uint32_t above;   ///< other rows, of the scores between this and the step before
    uint32_t beside;  ///< other rows of this score
    uint32_t hits;    ///< rows of the class
  };

  std::vector<uint32_t> rows_;  ///< from the largest score to the smallest
  std::vector<Step> steps_;
};

/// Sorts the rows by `scores` [rows, classes] of each class; `is_of(row, class)` says whether a row is of a class. Returns
/// nothing without scores.
std::vector<RankedClass> rank_classes(size_t classes, std::span<const float> scores,
                                      const std::function<bool(size_t, size_t)>& is_of);

/// Returns the areas of each of `classes`.
std::vector<Areas> areas_of(std::span<const RankedClass> classes, std::span<const uint32_t> counts);

/// Returns the mean of those of `areas` that are not NaN; NaN without any.
Areas mean_areas(std::span<const Areas> areas);

}  // namespace mtnlp
