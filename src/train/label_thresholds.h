// Thresholds of tasks with several labels a row, as the validation part wants them.
#pragma once

#include "tasks/calibration.h"
#include "tasks/task.h"
#include "tasks/thresholds.h"

namespace mtnlp {

/// Gives `task` the thresholds that `validation`, its rows with a target, wants; its temperature has no effect on which
/// labels are given. Logs what they are worth, and warns of labels that these rows tell too little of.
void choose_thresholds(const LabelledLogits& validation, const ThresholdRule& rule, Task& task);

}  // namespace mtnlp
