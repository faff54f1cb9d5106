#include "train/label_thresholds.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "tasks/class_counts.h"
#include "tasks/multi_label.h"

namespace mtnlp {
namespace {

/// Returns the probabilities [rows, labels] of all rows by the logits alone.
std::vector<double> raw_probabilities(const LabelledLogits& rows) {
  std::vector<double> all;
  for (size_t row = 0; row < rows.rows(); ++row)
    std::ranges::copy(label_probabilities(rows.row(row), {}), std::back_inserter(all));
  return all;
}

/// Returns what the temperature makes of a probability of the logits alone.
double at_temperature(double probability, double temperature) {
  return temperature == 1 ? probability : sigmoid(std::log(probability / (1 - probability)) / temperature);
}

double macro_f1(const LabelledLogits& rows, const Decision& decision) {
  ClassCounts counts(rows.labels);
  for (size_t row = 0; row < rows.rows(); ++row)
    counts.add_sets(rows.golds[row].set(),
                    given_labels(label_probabilities(rows.row(row), decision), decision));
  return counts.macro_f1();
}

std::string names_of(const Task& task, const std::vector<size_t>& labels) {
  std::vector<std::string> names;
  for (const size_t label : labels) names.push_back(shown(task.labels[label]));
  return few_of(names);
}

}  // namespace

void choose_thresholds(const LabelledLogits& validation, const ThresholdRule& rule, Task& task) {
  const Decision before{task.decision.temperature};
  const Thresholds found =
      fit_thresholds(validation.labels, raw_probabilities(validation), validation.golds, rule);
  task.decision.thresholds.clear();
  for (const double value : found.values)
    task.decision.thresholds.push_back(at_temperature(value, before.temperature));
  if (!found.without_rows.empty())
    log_warning(str("task ", printable(task.name), ": no validation row has the label",
                    found.without_rows.size() == 1 ? " " : "s ", names_of(task, found.without_rows),
                    "; the threshold stays at 0.5"));
  if (!found.short_of_it.empty())
    log_warning(str("task ", printable(task.name), ": no threshold gives a precision of ",
                    number_text(rule.precision.value_or(0)), " on the validation part for ",
                    names_of(task, found.short_of_it), "; the nearest is taken"));
  const auto [least, most] = std::ranges::minmax(task.decision.thresholds);
  log_info(str("task ", printable(task.name), ": thresholds from ", fixed_text(least, 4), " to ",
               fixed_text(most, 4), " (", threshold_rule_text(rule), "), validation macro-F1 ",
               fixed_text(macro_f1(validation, task.decision), 4),
               " (at 0.5: ", fixed_text(macro_f1(validation, before), 4), ")"));
}

}  // namespace mtnlp
