#include "tasks/intervals.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "base/random.h"

namespace mtnlp {
namespace {

constexpr size_t kFewestSamples = 200, kMostDraws = 50'000'000;

/// Returns the value below which `share` of `sorted`, not empty, lies, interpolated between two of them.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

Interval95 interval_around(double value, std::vector<double> drawn) {
  if (std::isnan(value) || drawn.empty()) return {NAN, NAN};
  std::ranges::sort(drawn);
  return {std::min(value, quantile(drawn, 0.025)), std::max(value, quantile(drawn, 0.975))};
}

}  // namespace

std::string interval_text(const Interval95& interval) {
  return fixed_text(interval[0], 4) + " - " + fixed_text(interval[1], 4);
}

Interval95 wilson_interval(uint64_t hits, uint64_t trials) {
  if (trials == 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // the normal distribution's 97.5 % point
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

std::vector<Interval95> bootstrap_intervals(size_t rows, std::span<const double> values,
                                            const SampleFigures& figures, const BootstrapOptions& options) {
  std::vector<std::vector<double>> drawn(values.size());
  const size_t samples =
      rows == 0 ? 0 : std::min(options.samples, std::max(kFewestSamples, kMostDraws / rows));
  std::vector<uint32_t> counts(rows);
  for (size_t sample = 0; sample < samples; ++sample) {
    std::ranges::fill(counts, 0);
    KeyedRandom random(hash_key(options.seed, sample));
    for (size_t i = 0; i < rows; ++i) ++counts[random.below(rows)];
    const std::vector<double> of_sample = figures(counts);
    for (size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(of_sample[i])) drawn[i].push_back(of_sample[i]);
  }
  std::vector<Interval95> intervals;
  for (size_t i = 0; i < values.size(); ++i)
    intervals.push_back(interval_around(values[i], std::move(drawn[i])));
  return intervals;
}

}  // namespace mtnlp
