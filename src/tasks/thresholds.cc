#include "tasks/thresholds.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>
#include <utility>

#include "base/numbers.h"

namespace mtnlp {
namespace {

/// The rows that a threshold gives a label.
struct Cut {
  double threshold = 0.5;
  double hits = 0, given = 0;

  double precision() const { return given > 0 ? hits / given : 0; }
};

/// Returns every cut of the rows, from the largest probability on.
std::vector<Cut> cuts_of(std::vector<std::pair<double, bool>> rows) {
  std::ranges::sort(rows, std::greater(), &std::pair<double, bool>::first);
  std::vector<Cut> cuts;
  Cut cut;
  for (size_t i = 0; i < rows.size(); ++i) {
    cut.hits += rows[i].second ? 1 : 0;
    ++cut.given;
    const double here = rows[i].first, next = i + 1 < rows.size() ? rows[i + 1].first : 0;
    if (i + 1 < rows.size() && here == next) continue;
    cut.threshold = std::midpoint(here, next);
    cuts.push_back(cut);
  }
  return cuts;
}

/// Returns the first of the best cuts, by a score that tells better from worse.
template <typename Score>
Cut best_cut(const std::vector<Cut>& cuts, Score score) {
  return *std::ranges::max_element(cuts, {}, score);
}

}  // namespace

std::optional<ThresholdRule> parse_threshold_rule(const std::string& text) {
  constexpr std::string_view kPrecision = "precision:";
  if (text == "f1") return ThresholdRule();
  if (!text.starts_with(kPrecision)) return std::nullopt;
  const auto share = parse_number<double>(text.substr(kPrecision.size()));
  if (!share || !(*share > 0 && *share <= 1)) return std::nullopt;
  return ThresholdRule{share};
}

std::string threshold_rule_text(const ThresholdRule& rule) {
  return rule.precision ? "precision:" + number_text(*rule.precision) : "f1";
}

Thresholds fit_thresholds(size_t labels, std::span<const double> probabilities,
                          std::span<const Target> targets, const ThresholdRule& rule) {
  Thresholds result;
  for (uint32_t label = 0; label < labels; ++label) {
    std::vector<std::pair<double, bool>> rows;
    double all = 0;
    for (size_t row = 0; row < targets.size(); ++row) {
      rows.emplace_back(probabilities[row * labels + label],
                        std::ranges::binary_search(targets[row].set(), label));
      all += rows.back().second ? 1 : 0;
    }
    if (all == 0) {
      result.without_rows.push_back(label);
      result.values.push_back(0.5);
      continue;
    }
    const std::vector<Cut> cuts = cuts_of(std::move(rows));
    Cut best;
    if (!rule.precision) {
      best = best_cut(cuts, [&](const Cut& cut) { return 2 * cut.hits / (cut.given + all); });
    } else {
      const double least = *rule.precision;
      best = best_cut(cuts,
                      [&](const Cut& cut) { return std::pair(std::min(cut.precision(), least), cut.hits); });
      if (best.precision() < least) result.short_of_it.push_back(label);
    }
    result.values.push_back(best.threshold);
  }
  return result;
}

}  // namespace mtnlp
