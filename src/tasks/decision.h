// How the logits z of a head become an answer, where one label of several is right: p = softmax(z / T + s).
#pragma once

#include <vector>

namespace mtnlp {

/// The law of one task. The default leaves the softmax of the logits as it is.
struct Decision {
  double temperature = 1;          ///< T, above 0
  std::vector<double> shift = {};  ///< s [labels]; empty: none
  bool operator==(const Decision&) const = default;
};

/// What a decision aims at: the most right answers, or the same recall of each label.
enum class Decide {
  kAccuracy,  ///< without a shift
  kBalanced,  ///< with one, which the end of training has chosen
};

/// What makes probabilities say how often an answer is right.
enum class Calibrate {
  kNone,         ///< nothing: T is 1
  kTemperature,  ///< a T that the end of training fits
};

/// What the end of training decides.
struct DecideOptions {
  Calibrate calibrate = Calibrate::kTemperature;
  Decide aim = Decide::kAccuracy;
};

}  // namespace mtnlp
