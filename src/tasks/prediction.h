// What a task answers for one text.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/matrix.h"

namespace mtnlp {

struct Prediction {
  size_t label = 0;       ///< index into the task's labels
  float probability = 0;  ///< softmax of the label's logit; NaN when a logit is not finite
};

/// Returns the prediction for each row of logits [rows, C].
std::vector<Prediction> decode(const Matrix& logits);

/// Returns the logarithm of the softmax of `logits` [C], in nats.
std::vector<double> log_softmax(std::span<const float> logits);

}  // namespace mtnlp
