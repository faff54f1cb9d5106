#include "tasks/multi_label.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json_text.h"
#include "base/numbers.h"
#include "base/words.h"
#include "tasks/label_set_metrics.h"
#include "tasks/prediction.h"

namespace mtnlp {
namespace {

/// Returns a list of JSON.
std::string list_text(const std::vector<std::string>& items) {
  return "[" + join(items, ",") + "]";
}

/// Returns -log sigmoid(z), stable for any z.
double negative_log_sigmoid(double z) {
  return std::max(-z, 0.0) + std::log1p(std::exp(-std::abs(z)));
}

class MultiLabel final : public TaskKind {
 public:
  std::string name() const override { return "multilabel"; }
  bool has_labels() const override { return true; }
  std::string fault(const Task& task) const override {
    const auto& [temperature, shift, thresholds] = task.decision;
    if (task.labels.empty()) return "has no labels";
    if (std::string wrong = temperature_fault(temperature); !wrong.empty()) return wrong;
    if (!shift.empty()) return "has a shift, though any number of its labels may be right";
    if (!thresholds.empty() && thresholds.size() != task.labels.size())
      return str("has ", thresholds.size(), " thresholds for ", task.labels.size(), " labels");
    if (!std::ranges::all_of(thresholds, [](double value) { return value >= 0 && value <= 1; }))
      return "has a threshold that is not between 0 and 1";
    return "";
  }
  std::string outline(const Task& task) const override {
    return str(task.labels.size(), task.labels.size() == 1 ? " label" : " labels");
  }
  size_t outputs(const Task& task) const override { return task.labels.size(); }

  bool takes(Cell cell) const override { return cell != Cell::kObject; }
  bool takes_columns() const override { return true; }
  std::unique_ptr<TargetReader> make_reader(const std::string& task,
                                            const CellReading& reading) const override {
    return make_label_set_reader(task, reading);
  }
  Strata strata(const Task& task, std::span<const Target>) const override {
    return {task.labels, [](const Target& target) {
              return std::vector<size_t>(target.set().begin(), target.set().end());
            }};
  }
  std::string text(const Task& task, Target target) const override {
    return set_text(task.labels, target.set());
  }

  std::vector<AnswerColumn> answer_columns() const override {
    return {{.suffix = "", .list = true}, {.suffix = ".probability", .list = true}};
  }
  std::vector<std::string> answer(const Task& task, std::span<const float> outputs) const override {
    const std::vector<double> probabilities = label_probabilities(outputs, task.decision);
    std::vector<std::string> labels, numbers;
    for (const uint32_t label : given_labels(probabilities, task.decision)) {
      labels.push_back(json_string(task.labels[label]));
      numbers.push_back(fixed_text(probabilities[label], 4));
    }
    return {list_text(labels), list_text(numbers)};
  }
  std::string answer_text(const Task& task, std::span<const float> outputs) const override {
    return set_text(task.labels, given_labels(label_probabilities(outputs, task.decision), task.decision));
  }
  std::vector<float> probabilities(const Task& task, std::span<const float> outputs) const override {
    const std::vector<double> exact = label_probabilities(outputs, task.decision);
    return {exact.begin(), exact.end()};
  }

  std::vector<double> lesson(const Task& task, std::span<const float> outputs) const override {
    const std::vector<float> written = probabilities(undecided({task}).front(), outputs);
    return {written.begin(), written.end()};
  }

  std::vector<Figure> figures() const override { return label_set_figures(); }
  std::unique_ptr<TaskMetrics> make_metrics(const Task& task) const override {
    return std::make_unique<LabelSetMetrics>(task.labels, task.decision);
  }
};

}  // namespace

const TaskKind& multi_label() {
  static const MultiLabel kKind;
  return kKind;
}

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}

double label_set_loss(std::span<const float> logits, std::span<const uint32_t> gold, double temperature) {
  double sum = 0;
  for (uint32_t label = 0; label < logits.size(); ++label) {
    const double z = logits[label] / temperature;
    sum += negative_log_sigmoid(std::ranges::binary_search(gold, label) ? z : -z);
  }
  return sum / static_cast<double>(logits.size());
}

std::vector<double> label_probabilities(std::span<const float> logits, const Decision& decision) {
  std::vector<double> probabilities;
  for (const float logit : logits) probabilities.push_back(sigmoid(logit / decision.temperature));
  return probabilities;
}

LabelSet given_labels(std::span<const double> probabilities, const Decision& decision) {
  LabelSet given;
  for (uint32_t label = 0; label < probabilities.size(); ++label)
    if (probabilities[label] >= (decision.thresholds.empty() ? 0.5 : decision.thresholds[label]))
      given.push_back(label);
  return given;
}

std::string set_text(const std::vector<std::string>& labels, std::span<const uint32_t> set) {
  std::vector<std::string> names;
  for (const uint32_t label : set) names.push_back(labels[label]);
  return names.empty() ? "(no label)" : join(names, "|");
}

}  // namespace mtnlp
