// Regression: each row has a number, or none. The head gives how many deviations it lies above the mean of the training
// rows; a target is the number itself.
#pragma once

#include <limits>
#include <span>

#include "tasks/task_kind.h"

namespace mtnlp {

const TaskKind& regression();

/// Returns the scale of a task, which it has once it is learned.
inline Scale scale_of(const Task& task) {
  return task.scale.value_or(Scale());
}

/// Largest number that rows may have, or less than 0: outputs are floats.
inline constexpr double kLargestNumber = std::numeric_limits<float>::max();

/// Returns the number that the head's output for a row stands for, rounded to the digits that a float can tell.
double number_of(const Task& task, std::span<const float> outputs);

/// Returns the mean and the deviation (of the population, 1 where all are equal) of targets, some of them none.
Scale scale_of(std::span<const Target> targets);

}  // namespace mtnlp
