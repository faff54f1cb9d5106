// How the logits z of a head become an answer. Where one label of several is right: p = softmax(z / T + s). Where any
// number of them are: p = sigmoid(z / T), and those whose p reaches their threshold are given.
#pragma once

#include <vector>

#include "tasks/thresholds.h"

namespace mtnlp {

/// The law of one task. The default leaves the probabilities of the logits as they are.
struct Decision {
  double temperature = 1;               ///< T, above 0
  std::vector<double> shift = {};       ///< s [labels]; empty: none
  std::vector<double> thresholds = {};  ///< [labels] from 0 to 1; empty: 0.5 each
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
  ThresholdRule label_threshold = {};  ///< of tasks with several labels a row
};

}  // namespace mtnlp
