// Figures for which rows must be sorted by a score: they are sorted once, and samples of them are only walked through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mtnlp {

/// Rows sorted by a score; those of equal scores count as one, so that their order has no effect.
class RankedRows {
 public:
  struct Place {
    uint32_t row;
    bool hit;   ///< what the score is to tell: the row is of the class, the answer is right
    bool last;  ///< of the rows with this score
  };

  /// Sorts from the largest of `scores` to the smallest; hits[i] belongs to scores[i].
  RankedRows(std::span<const float> scores, const std::vector<bool>& hits);

  std::span<const Place> places() const { return places_; }

 private:
  std::vector<Place> places_;
};

/// Returns the expected calibration error (Naeini et al. 2015): rows are cut by confidence into 15 bins of equal
/// mass, and the gaps between mean confidence and accuracy are averaged. A row on a border counts in both bins by
/// its shares. `ranked` by confidence, confidences[i] is that of row i. NaN without rows.
double calibration_error(const RankedRows& ranked, std::span<const double> confidences,
                         std::span<const uint32_t> counts);

}  // namespace mtnlp
