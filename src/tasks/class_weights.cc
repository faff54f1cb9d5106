#include "tasks/class_weights.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/single_label.h"

namespace mtnlp {
namespace {

double weighted_sum(const std::vector<double>& rows, const std::vector<double>& weights) {
  double sum = 0;
  for (size_t c = 0; c < rows.size(); ++c) sum += rows[c] * weights[c];
  return sum;
}

std::vector<double> weights_by(ClassWeights law, const std::vector<double>& rows) {
  std::vector<double> weights(rows.size(), 1);
  if (law == ClassWeights::kNone) return weights;
  const double all = weighted_sum(rows, weights), classes = static_cast<double>(rows.size());
  for (size_t c = 0; c < rows.size(); ++c) weights[c] = rows[c] > 0 ? all / (classes * rows[c]) : 0;
  if (law == ClassWeights::kBalanced) return weights;
  for (double& weight : weights) weight = std::sqrt(weight);
  const double scale = all / weighted_sum(rows, weights);
  for (double& weight : weights) weight *= scale;
  return weights;
}

/// Returns the place of the label that `rest` names among those of `task`; throws Error for any other.
size_t require_label(const Task& task, const std::string& rest) {
  const auto found = std::ranges::find(task.labels, rest);
  if (found != task.labels.end()) return static_cast<size_t>(found - task.labels.begin());
  std::vector<std::string> some;
  for (const std::string& label : task.labels) some.push_back(shown(label));
  fail_input(field("class_weights"), ": the task ", shown(task.name), " has no label ", shown(rest),
             "; its labels are: ", few_of(some), shortened(did_you_mean(rest, task.labels), 100));
}

/// Throws Error for a task that has no classes of which one is right.
void require_classes(const Task& task) {
  if (task.kind == &single_label()) return;
  fail_input(field("class_weights"), ": the task ", shown(task.name), " is of the kind ", task.kind->name(),
             "; valid are tasks of the kind ", single_label().name(),
             task.kind->has_labels() ? str("; ", field("positive_weights"), " weighs its labels") : "");
}

/// Returns the task and the class that "TASK:LABEL" names; both sides may hold colons.
std::pair<size_t, size_t> require_class(const std::vector<Task>& tasks, const std::string& name) {
  std::optional<size_t> nearest;
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (!name.starts_with(tasks[t].name + ":")) continue;
    nearest = t;
    const auto found = std::ranges::find(tasks[t].labels, name.substr(tasks[t].name.size() + 1));
    if (found != tasks[t].labels.end()) return {t, static_cast<size_t>(found - tasks[t].labels.begin())};
  }
  if (!nearest) nearest = require_task(tasks, name.substr(0, name.find(':')), field("class_weights"));
  return {*nearest, require_label(tasks[*nearest], name.substr(tasks[*nearest].name.size() + 1))};
}

}  // namespace

const std::vector<std::string>& class_weights_names() {
  static const std::vector<std::string> kNames = {"none", "balanced", "sqrt"};
  return kNames;
}

std::vector<double> rows_of_classes(std::span<const Target> targets, size_t classes) {
  std::vector<double> rows(classes);
  for (const Target& target : targets)
    if (!target.is_none()) ++rows[class_of(target)];
  return rows;
}

std::vector<ClassWeighting> weighting_of(const std::vector<Task>& tasks, const ClassWeightOptions& options) {
  std::vector<ClassWeighting> of_task(tasks.size(), {options.usual, {}});
  for (const auto& [name, law] : options.of_task) {
    const size_t task = require_task(tasks, name, field("class_weights"));
    require_classes(tasks[task]);
    of_task[task].law = law;
  }
  for (const auto& [name, weight] : options.of_label) {
    const auto [task, label] = require_class(tasks, name);
    require_classes(tasks[task]);
    of_task[task].of_class[label] = weight;
  }
  return of_task;
}

std::vector<double> class_weights(const Task& task, const ClassWeighting& weighting,
                                  std::span<const Target> training) {
  if (weighting.law == ClassWeights::kNone && weighting.of_class.empty()) return {};
  const std::vector<double> rows = rows_of_classes(training, task.labels.size());
  std::vector<double> weights = weights_by(weighting.law, rows);
  for (const auto& [label, weight] : weighting.of_class) weights[label] = weight;
  if (!(weighted_sum(rows, weights) > 0))
    fail_input(field("class_weights"), ": every label of the task ", shown(task.name),
               " that has training rows has the weight 0, so nothing would train it; ", field("task_weight"),
               " ", task.name, "=0 leaves a task out");
  return weights;
}

}  // namespace mtnlp
