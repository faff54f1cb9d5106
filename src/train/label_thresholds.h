// Thresholds of tasks with several labels a row, as the validation part wants them.
#pragma once

#include <span>
#include <vector>

#include "eval/evaluator.h"
#include "tasks/thresholds.h"

namespace mtnlp {

/// Says whether any of `tasks` gets thresholds: one with several labels a row whose head is not `frozen` [tasks].
bool needs_thresholds(const std::vector<Task>& tasks, const std::vector<bool>& frozen);

/// Gives each of `tasks`, whose heads are `heads`, that needs them its thresholds by the `validation` rows. Logs what
/// they are worth, and warns of labels that these rows tell too little of.
void choose_thresholds(const Heads& heads, const EncodedRows& encoded,
                       std::span<const EmbeddedBatch> validation, const std::vector<bool>& frozen,
                       const ThresholdRule& rule, std::vector<Task>& tasks);

}  // namespace mtnlp
