// Several labels a row: each row has any number of the labels, or nothing is known of it. The head gives a logit for
// each label; a target is a set of labels.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tasks/task_kind.h"

namespace mtnlp {

const TaskKind& multi_label();

/// Returns a reader for the task called `task`: of lists of labels in one cell, or of a column for each label.
std::unique_ptr<TargetReader> make_label_set_reader(std::string task, const CellReading& reading);

/// Returns 1 / (1 + e^-z).
double sigmoid(double z);

/// Returns the mean over the labels of the binary cross-entropy of a row with p = sigmoid(z / T), in nats. `logits`
/// [labels]; `gold`: the right labels, ascending.
double label_set_loss(std::span<const float> logits, std::span<const uint32_t> gold, double temperature = 1);

/// Returns the probability of each label for the logits of a row: sigmoid(z / T).
std::vector<double> label_probabilities(std::span<const float> logits, const Decision& decision);
/// Returns the labels that these probabilities give.
LabelSet given_labels(std::span<const double> probabilities, const Decision& decision);

/// Returns the labels of `set` with "|" between them; "(no label)" for none.
std::string set_text(const std::vector<std::string>& labels, std::span<const uint32_t> set);

}  // namespace mtnlp
