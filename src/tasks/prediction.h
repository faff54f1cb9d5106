// What a head of logits answers for one text, where one label of several is right.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tasks/decision.h"

namespace mtnlp {

struct Prediction {
  size_t label = 0;       ///< index into the task's labels
  float probability = 0;  ///< of the label, by the decision; NaN when a logit is not finite
};

/// Returns the logits [C] of a row as `decision` has them, z / T + s; less the largest of z, which the softmax
/// does not see, where it changes them: so no T is too small.
std::vector<double> decided(std::span<const float> logits, const Decision& decision);

/// Returns what is wrong with a temperature; "" when it is sound.
std::string temperature_fault(double temperature);

/// Returns the label of the largest of `values` [C], the first of equal ones.
size_t largest_label(std::span<const double> values);

/// Returns the prediction for the logits [C] of a row.
Prediction decode(std::span<const float> logits, const Decision& decision = {});

/// Returns the probabilities of all labels for the logits [C] of a row, which are finite.
std::vector<float> probabilities(std::span<const float> logits, const Decision& decision = {});

/// Returns the logarithm of the softmax of `values` [C], in nats.
std::vector<double> log_softmax(std::span<const double> values);
/// Does the same for logits as the head gives them.
std::vector<double> log_softmax(std::span<const float> logits);

}  // namespace mtnlp
