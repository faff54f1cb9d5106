// What a run keeps of the losses of an epoch.
#pragma once

namespace mtnlp {

/// The losses of a task's rows since an epoch began: all that its mean is made of.
struct LossSum {
  double sum = 0;     ///< of row losses, each with its weight
  double weight = 0;  ///< of the rows
};

}  // namespace mtnlp
