// Decisions of equal recall: a shift of the logits against the shares of the labels in training (Menon et al. 2021,
// "Long-tail learning via logit adjustment"), as far as the validation part wants it.
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

/// Chooses for each of `tasks`, which are those of `model`, unless its head is `frozen` [tasks], the τ of 0, 0.25,
/// 0.5, 0.75 and 1 whose shift gives the validation rows the largest macro-recall, the smallest of equal ones, and
/// gives the task that shift. What a task had before does not count. Logs the choice.
void decide_balanced(const Predictor& model, const EncodedRows& encoded, const std::vector<Part>& parts,
                     const std::vector<bool>& frozen, std::vector<Task>& tasks);

}  // namespace mtnlp
