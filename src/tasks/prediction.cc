#include "tasks/prediction.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/matrix.h"

namespace mtnlp {

std::vector<double> decided(std::span<const float> logits, const Decision& decision) {
  std::vector<double> values(logits.begin(), logits.end());
  if (decision == Decision()) return values;
  const double largest = *std::ranges::max_element(values);
  for (double& value : values) value = (value - largest) / decision.temperature;
  for (size_t i = 0; i < decision.shift.size(); ++i) values[i] += decision.shift[i];
  return values;
}

std::string temperature_fault(double temperature) {
  if (std::isfinite(temperature) && temperature > 0) return "";
  return str("has the temperature ", temperature, "; valid are finite numbers above 0");
}

std::vector<double> log_softmax(std::span<const double> values) {
  const double largest = *std::ranges::max_element(values);
  double sum = 0;
  for (const double value : values) sum += std::exp(value - largest);
  std::vector<double> result;
  for (const double value : values) result.push_back(value - largest - std::log(sum));
  return result;
}

std::vector<double> log_softmax(std::span<const float> logits) {
  return log_softmax(decided(logits, {}));
}

size_t largest_label(std::span<const double> values) {
  return static_cast<size_t>(std::ranges::max_element(values) - values.begin());
}

Prediction decode(std::span<const float> logits, const Decision& decision) {
  const std::vector<double> values = decided(logits, decision);
  const size_t label = largest_label(values);
  if (!all_finite(logits)) return {label, std::numeric_limits<float>::quiet_NaN()};
  return {label, static_cast<float>(std::exp(log_softmax(values)[label]))};
}

std::vector<float> probabilities(std::span<const float> logits, const Decision& decision) {
  std::vector<float> result;
  for (const double value : log_softmax(decided(logits, decision)))
    result.push_back(static_cast<float>(std::exp(value)));
  return result;
}

}  // namespace mtnlp
