// What a user says of the losses of the kinds of tasks that do not have one label of several.
#pragma once

namespace mtnlp {

/// How much a row that has a label counts in that label's binary cross-entropy, beside one that has not.
enum class PositiveWeights {
  kNone,
  kBalanced,  ///< as often as training rows without it come to one with it
};

/// The loss of a number, in deviations of the training rows.
enum class NumberLoss {
  kSquared,  ///< squared error
  kHuber,    ///< half the squared error up to 1, beyond it the absolute error less a half (Huber 1964)
};

struct LossLaws {
  PositiveWeights positive_weights = PositiveWeights::kNone;
  NumberLoss number = NumberLoss::kSquared;
};

}  // namespace mtnlp
