#include "train/label_thresholds.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "tasks/class_counts.h"
#include "tasks/multi_label.h"

namespace mtnlp {
namespace {

/// Rows of known labels, and what the model says of them.
struct LabelledRows {
  std::vector<Target> targets;        ///< [rows]
  std::vector<double> probabilities;  ///< [rows, labels]
};

LabelledRows score_labels(const Heads& heads, size_t task, const Decision& decision,
                          const EncodedRows& encoded, std::span<const EmbeddedBatch> batches) {
  LabelledRows rows;
  for (const EmbeddedBatch& batch : batches) {
    const Matrix logits = heads.logits(task, batch.embeddings);
    for (size_t i = 0; i < batch.rows.size(); ++i) {
      const Target target = encoded.target(batch.rows[i], task);
      if (target.is_none()) continue;
      rows.targets.push_back(target);
      std::ranges::copy(label_probabilities(logits.row(i), decision), std::back_inserter(rows.probabilities));
    }
  }
  return rows;
}

double macro_f1(size_t labels, const LabelledRows& rows, const Decision& decision) {
  ClassCounts counts(labels);
  for (size_t row = 0; row < rows.targets.size(); ++row)
    counts.add_sets(rows.targets[row].set(),
                    given_labels(std::span(rows.probabilities).subspan(row * labels, labels), decision));
  return counts.macro_f1();
}

std::string names_of(const Task& task, const std::vector<size_t>& labels) {
  std::vector<std::string> names;
  for (const size_t label : labels) names.push_back(shown(task.labels[label]));
  return few_of(names);
}

void choose(const LabelledRows& rows, const ThresholdRule& rule, Task& task) {
  const size_t labels = task.labels.size();
  const Thresholds found = fit_thresholds(labels, rows.probabilities, rows.targets, rule);
  const Decision before{task.decision.temperature};
  task.decision.thresholds = found.values;
  if (!found.without_rows.empty())
    log_warning(str("task ", printable(task.name), ": no validation row has the label",
                    found.without_rows.size() == 1 ? " " : "s ", names_of(task, found.without_rows),
                    "; the threshold stays at 0.5"));
  if (!found.short_of_it.empty())
    log_warning(str("task ", printable(task.name), ": no threshold gives a precision of ",
                    number_text(rule.precision.value_or(0)), " on the validation part for ",
                    names_of(task, found.short_of_it), "; the nearest is taken"));
  const auto [least, most] = std::ranges::minmax(found.values);
  log_info(str("task ", printable(task.name), ": thresholds from ", fixed_text(least, 4), " to ",
               fixed_text(most, 4), " (", threshold_rule_text(rule), "), validation macro-F1 ",
               fixed_text(macro_f1(labels, rows, task.decision), 4),
               " (at 0.5: ", fixed_text(macro_f1(labels, rows, before), 4), ")"));
}

}  // namespace

bool needs_thresholds(const std::vector<Task>& tasks, const std::vector<bool>& frozen) {
  for (size_t task = 0; task < tasks.size(); ++task)
    if (tasks[task].kind == &multi_label() && !frozen[task]) return true;
  return false;
}

void choose_thresholds(const Heads& heads, const EncodedRows& encoded,
                       std::span<const EmbeddedBatch> validation, const std::vector<bool>& frozen,
                       const ThresholdRule& rule, std::vector<Task>& tasks) {
  for (size_t task = 0; task < tasks.size(); ++task)
    if (tasks[task].kind == &multi_label() && !frozen[task])
      choose(score_labels(heads, task, tasks[task].decision, encoded, validation), rule, tasks[task]);
}

}  // namespace mtnlp
