#include "tasks/prediction.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/matrix.h"

namespace mtnlp {

std::vector<double> log_softmax(std::span<const float> logits) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  std::vector<double> result;
  for (const float logit : logits) result.push_back(logit - largest - std::log(sum));
  return result;
}

size_t largest_label(std::span<const float> logits) {
  return static_cast<size_t>(std::ranges::max_element(logits) - logits.begin());
}

Prediction decode(std::span<const float> logits) {
  const size_t label = largest_label(logits);
  return {label, all_finite(logits) ? static_cast<float>(std::exp(log_softmax(logits)[label]))
                                    : std::numeric_limits<float>::quiet_NaN()};
}

}  // namespace mtnlp
