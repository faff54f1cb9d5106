// Thresholds of tasks with several labels a row, as the validation part wants them.
#pragma once

#include <vector>

#include "data/encoded_rows.h"
#include "data/split.h"
#include "infer/predictor.h"
#include "tasks/thresholds.h"

namespace mtnlp {

/// Says whether any of `tasks` gets thresholds: one with several labels a row whose head is not `frozen` [tasks].
bool needs_thresholds(const std::vector<Task>& tasks, const std::vector<bool>& frozen);

/// Gives each of `tasks`, which are those of `model`, that needs them its thresholds by the validation rows. Logs
/// what they are worth, and warns of labels that these rows tell too little of.
void choose_thresholds(const Predictor& model, const EncodedRows& encoded, const std::vector<Part>& parts,
                       const std::vector<bool>& frozen, const ThresholdRule& rule, std::vector<Task>& tasks);

}  // namespace mtnlp
