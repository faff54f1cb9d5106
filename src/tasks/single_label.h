// Classification: each row has one label of several, or none. The head gives a logit for each label; a target
// is the index of the label.
#pragma once

#include <cstddef>

#include "tasks/task_kind.h"

namespace mtnlp {

const TaskKind& single_label();

/// Returns the index of the class that `target`, not none, is.
inline size_t class_of(Target target) {
  return static_cast<size_t>(target.value());
}

}  // namespace mtnlp
