// The temperature at which the probabilities of a head say what happens (Guo et al. 2017, "On Calibration of Modern
// Neural Networks").
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace mtnlp {

/// Rows of known labels, and the logits that a head gives them.
struct LabelledLogits {
  size_t labels = 0;
  std::vector<float> logits = {};  ///< [rows, labels]
  std::vector<size_t> golds = {};  ///< [rows] the right labels

  size_t rows() const { return golds.size(); }
  std::span<const float> row(size_t row) const { return {logits.data() + row * labels, labels}; }
  void add(std::span<const float> row, size_t gold);
};

/// Rows that a temperature is fitted on, at least.
inline constexpr size_t kFewestToCalibrate = 50;
/// Temperatures beyond these are not believed.
inline constexpr double kLowestTemperature = 0.05, kHighestTemperature = 20;

/// Returns the mean cross-entropy of `rows` with p = softmax(z / T), in nats; NaN without rows.
double cross_entropy(const LabelledLogits& rows, double temperature);

/// Returns the T at which that is the least; none where it lies beyond the limits, as it does where all rows are right,
/// or a logit is not finite.
std::optional<double> fit_temperature(const LabelledLogits& rows);

}  // namespace mtnlp
