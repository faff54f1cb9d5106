#include "tasks/areas.h"

#include <cmath>

#include "tasks/ranked_rows.h"

namespace mtnlp {

RankedClass::RankedClass(std::span<const float> scores, const std::vector<bool>& is_class) {
  std::vector<uint32_t> tied_hits;
  uint32_t above = 0;
  rows_.reserve(scores.size());
  const RankedRows ranked(scores, is_class);
  for (const RankedRows::Place& place : ranked.places()) {
    if (place.hit)
      tied_hits.push_back(place.row);
    else
      rows_.push_back(place.row);
    if (!place.last) continue;
    const auto beside = static_cast<uint32_t>(rows_.size());
    if (!tied_hits.empty()) {
      rows_.insert(rows_.end(), tied_hits.begin(), tied_hits.end());
      tied_hits.clear();
      steps_.push_back({above, beside, static_cast<uint32_t>(rows_.size())});
    }
    above = static_cast<uint32_t>(rows_.size());
  }
}

Areas RankedClass::areas(std::span<const uint32_t> counts) const {
  uint32_t at = 0;
  const auto sum_until = [&](uint32_t end) {
    uint64_t sum = 0;
    for (; at < end; ++at) sum += counts[rows_[at]];
    return sum;
  };
  uint64_t hits = 0, others = 0, pairs = 0;  // pairs count twice
  double precision_recall = 0;
  for (const Step& step : steps_) {
    const uint64_t above = sum_until(step.above), beside = sum_until(step.beside),
                   tied = sum_until(step.hits);
    pairs += 2 * above * hits + beside * (2 * hits + tied);
    hits += tied;
    others += above + beside;
    if (tied > 0) precision_recall += static_cast<double>(tied * hits) / static_cast<double>(hits + others);
  }
  const uint64_t below = sum_until(static_cast<uint32_t>(rows_.size()));
  pairs += 2 * below * hits;
  others += below;
  if (hits == 0 || others == 0) return {NAN, NAN};
  return {static_cast<double>(pairs) / 2 / static_cast<double>(hits) / static_cast<double>(others),
          precision_recall / static_cast<double>(hits)};
}

std::vector<RankedClass> rank_classes(size_t classes, std::span<const float> scores,
                                      const std::function<bool(size_t, size_t)>& is_of) {
  std::vector<RankedClass> ranked;
  if (scores.empty()) return ranked;
  for (size_t label = 0; label < classes; ++label) {
    std::vector<float> own;
    std::vector<bool> is_class;
    for (size_t row = 0; row < scores.size() / classes; ++row) {
      own.push_back(scores[row * classes + label]);
      is_class.push_back(is_of(row, label));
    }
    ranked.emplace_back(own, is_class);
  }
  return ranked;
}

std::vector<Areas> areas_of(std::span<const RankedClass> classes, std::span<const uint32_t> counts) {
  std::vector<Areas> areas;
  for (const RankedClass& ranked : classes) areas.push_back(ranked.areas(counts));
  return areas;
}

Areas mean_areas(std::span<const Areas> areas) {
  Areas sum = {};
  double classes = 0;
  for (const auto& [roc, precision_recall] : areas) {
    if (std::isnan(roc)) continue;
    sum.roc += roc;
    sum.precision_recall += precision_recall;
    ++classes;
  }
  return {sum.roc / classes, sum.precision_recall / classes};
}

}  // namespace mtnlp
