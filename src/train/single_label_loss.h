// Cross-entropy: the loss of one label of several.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tasks/target.h"

namespace mtnlp {

/// Returns weights inversely proportional to class frequency, rows / (classes · rows of the class), as
/// scikit-learn's "balanced"; 0 for a class without rows. `targets`: of the training rows, some of them none.
std::vector<double> balanced_class_weights(std::span<const Target> targets, size_t classes);

}  // namespace mtnlp
