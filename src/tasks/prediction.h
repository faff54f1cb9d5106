// What a head of logits answers for one text, where one label of several is right.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mtnlp {

struct Prediction {
  size_t label = 0;       ///< index into the task's labels
  float probability = 0;  ///< softmax of the label's logit; NaN when a logit is not finite
};

/// Returns the label of the largest of `logits` [C], the first of equal ones.
size_t largest_label(std::span<const float> logits);

/// Returns the prediction for the logits [C] of a row.
Prediction decode(std::span<const float> logits);

/// Returns the logarithm of the softmax of `logits` [C], in nats.
std::vector<double> log_softmax(std::span<const float> logits);

}  // namespace mtnlp
