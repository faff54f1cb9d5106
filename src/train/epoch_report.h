// What metrics.csv and the log say of an epoch.
#pragma once

#include "hub/model_folder.h"
#include "tasks/task_kind.h"
#include "train/loss.h"

namespace mtnlp {

/// Of metrics.csv.
std::vector<std::string> metric_columns(const std::vector<Task>& tasks);

/// The epoch's row there; `validation` is parallel to the tasks.
std::vector<std::string> metric_row(uint64_t epoch, uint64_t step, double learning_rate,
                                    const std::vector<Task>& tasks, const LossMeter& losses,
                                    const AllMetrics& validation);

/// For the log, in one line.
std::string summary(const std::vector<Task>& tasks, const LossMeter& losses, const AllMetrics& validation);

}  // namespace mtnlp
