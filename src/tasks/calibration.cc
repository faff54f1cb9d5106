#include "tasks/calibration.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tasks/multi_label.h"
#include "tasks/prediction.h"
#include "tasks/single_label.h"

namespace mtnlp {
namespace {

/// Derivatives of a cross-entropy by 1 / T; the second is never negative.
struct Slope {
  double first = 0, second = 0;
};

Slope slope_of_one(std::span<const float> logits, size_t gold, double factor) {
  const double largest = *std::ranges::max_element(logits);
  double weights = 0, sum = 0, squares = 0;
  for (const double logit : logits) {
    const double below = logit - largest, weight = std::exp(factor * below);
    weights += weight;
    sum += weight * below;
    squares += weight * below * below;
  }
  const double mean = sum / weights;
  return {mean - (logits[gold] - largest), squares / weights - mean * mean};
}

Slope slope_of_any(std::span<const float> logits, std::span<const uint32_t> gold, double factor) {
  Slope slope;
  for (uint32_t label = 0; label < logits.size(); ++label) {
    const double z = logits[label], p = sigmoid(factor * z);
    slope.first += z * (p - (std::ranges::binary_search(gold, label) ? 1 : 0));
    slope.second += z * z * p * (1 - p);
  }
  const auto labels = static_cast<double>(logits.size());
  return {slope.first / labels, slope.second / labels};
}

/// Returns the derivatives of the mean over all rows.
Slope slope_at(const LabelledLogits& rows, double factor) {
  Slope sum;
  for (size_t i = 0; i < rows.rows(); ++i) {
    const auto [first, second] = rows.right == RightLabels::kOne
                                     ? slope_of_one(rows.row(i), class_of(rows.golds[i]), factor)
                                     : slope_of_any(rows.row(i), rows.golds[i].set(), factor);
    sum.first += first;
    sum.second += second;
  }
  const auto count = static_cast<double>(rows.rows());
  return {sum.first / count, sum.second / count};
}

}  // namespace

void LabelledLogits::add(std::span<const float> row, Target gold) {
  logits.insert(logits.end(), row.begin(), row.end());
  golds.push_back(std::move(gold));
}

double cross_entropy(const LabelledLogits& rows, double temperature) {
  double sum = 0;
  for (size_t i = 0; i < rows.rows(); ++i)
    sum += rows.right == RightLabels::kOne
               ? -log_softmax(decided(rows.row(i), {temperature}))[class_of(rows.golds[i])]
               : label_set_loss(rows.row(i), rows.golds[i].set(), temperature);
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
