// The temperature at which the probabilities of a head say what happens (Guo et al. 2017, "On Calibration of Modern
// Neural Networks"): the one under which the right labels are the likeliest.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tasks/target.h"

namespace mtnlp {

/// How many labels of a row may be right, which says what logits z and a temperature T mean.
enum class RightLabels {
  kOne,  ///< p = softmax(z / T)
  kAny,  ///< p = sigmoid(z / T), of each label
};

/// Rows of known labels, and the logits that a head gives them.
struct LabelledLogits {
  size_t labels = 0;
  RightLabels right = RightLabels::kOne;
  std::vector<float> logits = {};  ///< [rows, labels]
  std::vector<Target> golds = {};  ///< [rows] not none

  size_t rows() const { return golds.size(); }
  std::span<const float> row(size_t row) const { return {logits.data() + row * labels, labels}; }
  void add(std::span<const float> row, Target gold);
};

/// Rows that a temperature is fitted on, at least.
inline constexpr size_t kFewestToCalibrate = 50;
/// Temperatures beyond these are not believed.
inline constexpr double kLowestTemperature = 0.05, kHighestTemperature = 20;

/// Returns the mean cross-entropy of `rows`, in nats; where any number of labels may be right, the mean over the labels
/// of the binary ones. NaN without rows.
double cross_entropy(const LabelledLogits& rows, double temperature);

/// Returns the T at which that is the least; none where it lies beyond the limits, as it does where all rows are right,
/// or a logit is not finite.
std::optional<double> fit_temperature(const LabelledLogits& rows);

}  // namespace mtnlp
