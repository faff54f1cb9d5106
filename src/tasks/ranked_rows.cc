#include "tasks/ranked_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace mtnlp {

RankedRows::RankedRows(std::span<const float> scores, const std::vector<bool>& hits) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  places_.reserve(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const bool last = i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]];
    places_.push_back({order[i], hits[order[i]], last});
  }
}

double calibration_error(const RankedRows& ranked, std::span<const double> confidences,
                         std::span<const uint32_t> counts) {
  constexpr double kBins = 15;
  const auto rows = static_cast<double>(std::accumulate(counts.begin(), counts.end(), uint64_t{0}));
  const double size = rows / kBins;
  double error = 0, gap = 0, room = size;
  double tied = 0, tied_hits = 0, tied_confidence = 0;
  for (const RankedRows::Place& place : ranked.places()) {
    const double count = counts[place.row];
    tied += count;
    tied_hits += place.hit ? count : 0;
    tied_confidence += count * confidences[place.row];
    if (!place.last || tied == 0) continue;
    const double gap_of_one = (tied_confidence - tied_hits) / tied;
    while (tied >= room) {
      error += std::abs(gap + room * gap_of_one);
      tied -= room;
      gap = 0;
      room = size;
    }
    gap += tied * gap_of_one;
    room -= tied;
    tied = tied_hits = tied_confidence = 0;
  }
  return rows == 0 ? std::numeric_limits<double>::quiet_NaN() : (error + std::abs(gap)) / rows;
}

}  // namespace mtnlp
