#include "tasks/prediction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mtnlp {

std::vector<double> log_softmax(std::span<const float> logits) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - largest - std::log(sum));
  return result;
}

std::vector<Prediction> decode(const Matrix& logits) {
  std::vector<Prediction> predictions;
  for (size_t row = 0; row < logits.rows; ++row) {
    const std::span<const float> values = logits.row(row);
    const auto label = static_cast<size_t>(std::ranges::max_element(values) - values.begin());
    predictions.push_back({label, all_finite(values)
                                      ? static_cast<float>(std::exp(log_softmax(values)[label]))
                                      : std::numeric_limits<float>::quiet_NaN()});
  }
  return predictions;
}

}  // namespace mtnlp
