#include "tasks/calibration.h"

#include <algorithm>
#include <cmath>

#include "tasks/prediction.h"

namespace mtnlp {
namespace {

/// Derivatives of the mean cross-entropy by 1 / T; the second is never negative.
struct Slope {
  double first = 0, second = 0;
};

Slope slope_at(const LabelledLogits& rows, double factor) {
  Slope slope;
  for (size_t i = 0; i < rows.rows(); ++i) {
    const std::span<const float> logits = rows.row(i);
    const double largest = *std::ranges::max_element(logits);
    double weights = 0, sum = 0, squares = 0;
    for (const double logit : logits) {
      const double below = logit - largest, weight = std::exp(factor * below);
      weights += weight;
      sum += weight * below;
      squares += weight * below * below;
    }
    const double mean = sum / weights;
    slope.first += mean - (logits[rows.golds[i]] - largest);
    slope.second += squares / weights - mean * mean;
  }
  const auto count = static_cast<double>(rows.rows());
  return {slope.first / count, slope.second / count};
}

}  // namespace

void LabelledLogits::add(std::span<const float> row, size_t gold) {
  logits.insert(logits.end(), row.begin(), row.end());
  golds.push_back(gold);
}

double cross_entropy(const LabelledLogits& rows, double temperature) {
  double sum = 0;
  for (size_t i = 0; i < rows.rows(); ++i)
    sum -= log_softmax(decided(rows.row(i), {temperature}))[rows.golds[i]];
  return sum / static_cast<double>(rows.rows());
}

/// Finds where the first derivative is 0 by Newton's method, between limits that close in on it.
std::optional<double> fit_temperature(const LabelledLogits& rows) {
  constexpr int kMostSteps = 200;
  constexpr double kExact = 1e-12;
  double low = 1 / kHighestTemperature, high = 1 / kLowestTemperature, factor = 1;
  if (!(slope_at(rows, low).first < 0) || !(slope_at(rows, high).first > 0)) return std::nullopt;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto [first, second] = slope_at(rows, factor);
    const double next = factor - first / second;
    if (std::abs(next - factor) <= kExact * factor) break;
    (first < 0 ? low : high) = factor;
    factor = next > low && next < high ? next : std::sqrt(low * high);
  }
  return 1 / factor;
}

}  // namespace mtnlp
