// The decisions of the best checkpoint, which the validation part chooses when training is done. First the temperature T: the
// one under which the right labels are the likeliest. Then, with T in place: of one label of several the shift s against the
// shares of the labels in training (Menon et al. 2021, "Long-tail learning via logit adjustment"), as far as the macro-recall
// wants it; of several labels a row their thresholds.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/encoded_rows.h"
#include "data/split.h"
#include "infer/predictor.h"

namespace mtnlp {

/// Returns s = −τ · log(share of each class in `training`), the targets of the training rows, some of them none. A
/// class without rows has 0, the least.
std::vector<double> prior_shift(std::span<const Target> training, size_t classes, double tau);

/// Says whether decide_tasks decides anything of a task whose head is not frozen.
bool decides(const Task& task, const DecideOptions& options);

/// Decides for each of `tasks`, which are those of `model`, unless its head is `frozen` [tasks]; what a task had before
/// does not count.
///   Calibrate::kTemperature: fit_temperature on the validation rows; 1 where they are fewer than kFewestToCalibrate, or none fits.
///   Decide::kBalanced, of one label of several: the τ of 0, 0.25, 0.5, 0.75 and 1 whose prior_shift gives them the largest
///   macro-recall, the smallest of equal ones.
///   Of several labels a row: choose_thresholds.
/// Logs what is chosen.
void decide_tasks(const Predictor& model, const EncodedRows& encoded, const std::vector<Part>& parts,
                  const std::vector<bool>& frozen, const DecideOptions& options, std::vector<Task>& tasks);

}  // namespace mtnlp
