#include "tasks/single_label.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/field.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "tasks/label_metrics.h"
#include "tasks/label_warnings.h"
#include "tasks/labels.h"
#include "tasks/prediction.h"

namespace mtnlp {
namespace {

/// Returns how many of `targets` are each of `classes` classes.
std::vector<size_t> count_classes(std::span<const Target> targets, size_t classes) {
  std::vector<size_t> counts(classes);
  for (const Target& target : targets)
    if (!target.is_none()) ++counts[class_of(target)];
  return counts;
}

/// Numbers labels in the order in which they come, until they are settled and sorted.
class LabelReader final : public TargetReader {
 public:
  LabelReader(std::string task, const CellReading& reading)
      : task_(std::move(task)), missing_(reading.missing), labels_(missing_) {}

  void know(const Task& task, const std::string& origin) override {
    labels_.close(task.labels, origin);
    chosen_ = true;
  }

  Target read(const TargetCell& cell) override {
    const auto label = labels_.find(cell.text, task_, cell.place);
    if (!label) return kNoTarget;
    if (cell.type) kinds_.note(cell.text, *cell.type);
    return static_cast<double>(*label);
  }

  void settle(Task& task, const std::string& files) override {
    task.labels = labels_.names();
    if (!labels_.closed()) {
      ranks_ = sort_labels(task.labels);
      labels_ = Labels(missing_);
      labels_.close(task.labels, "those of its " + field("task") + " files");
    }
    if (task.labels.size() < 2)
      fail_input("task \"", task.name, "\" has only the label ", shown(task.labels[0]), " in ", files,
                 "; at least two are needed");
  }

  Target settled(Target target) const override {
    return target.is_none() || ranks_.empty() ? target
                                              : Target(static_cast<double>(ranks_[class_of(target)]));
  }

  std::vector<std::string> doubts(const Task& task, std::span<const Target> targets) const override {
    return label_warnings(task, count_classes(targets, task.labels.size()), chosen_, missing_);
  }

  std::vector<std::string> gaps(const Task& task, std::span<const Target> targets) const override {
    return label_gaps(task, count_classes(targets, task.labels.size()));
  }

  std::vector<std::string> mixtures(const Task& task) const override {
    std::string line = kinds_.warning(task.name);
    return line.empty() ? std::vector<std::string>() : std::vector{std::move(line)};
  }

 private:
  std::string task_;
  std::vector<std::string> missing_;
  Labels labels_;
  LabelKinds kinds_;
  std::vector<size_t> ranks_;  ///< [number as read] place in the sorted labels; empty where that is the same
  bool chosen_ = false;        ///< the labels were known before
};

class SingleLabel final : public TaskKind {
 public:
  std::string name() const override { return "single-label"; }
  bool has_labels() const override { return true; }
  std::string fault(const Task& task) const override {
    const auto& [temperature, shift, thresholds] = task.decision;
    if (task.labels.size() < 2) return "has fewer than 2 labels";
    if (std::string wrong = temperature_fault(temperature); !wrong.empty()) return wrong;
    if (!thresholds.empty()) return "has thresholds, though one label of several is right";
    if (!shift.empty() && shift.size() != task.labels.size())
      return str("has a shift of ", shift.size(), " numbers for ", task.labels.size(), " labels");
    if (!std::ranges::all_of(shift, [](double value) { return std::isfinite(value); }))
      return "has a shift with a number that is not finite";
    return "";
  }
  std::string outline(const Task& task) const override { return str(task.labels.size(), " classes"); }
  size_t outputs(const Task& task) const override { return task.labels.size(); }

  bool takes(Cell cell) const override { return cell != Cell::kList && cell != Cell::kObject; }
  std::unique_ptr<TargetReader> make_reader(const std::string& task,
                                            const CellReading& reading) const override {
    return std::make_unique<LabelReader>(task, reading);
  }
  Strata strata(const Task& task, std::span<const Target>) const override {
    return {task.labels, [](Target target) { return std::vector{class_of(target)}; }};
  }
  std::string text(const Task& task, Target target) const override { return task.labels[class_of(target)]; }

  std::vector<AnswerColumn> answer_columns() const override { return {{""}, {".probability", true}}; }
  std::vector<std::string> answer(const Task& task, std::span<const float> outputs) const override {
    const auto [label, probability] = decode(outputs, task.decision);
    return {task.labels[label], fixed_text(probability, 4)};
  }
  std::vector<float> probabilities(const Task& task, std::span<const float> outputs) const override {
    return mtnlp::probabilities(outputs, task.decision);
  }

  std::vector<double> lesson(const Task&, std::span<const float> outputs) const override {
    const std::vector<float> written = mtnlp::probabilities(outputs);  // as files of soft labels have them
    return {written.begin(), written.end()};
  }

  std::vector<Figure> figures() const override { return label_figures(); }
  std::unique_ptr<TaskMetrics> make_metrics(const Task& task) const override {
    return std::make_unique<LabelMetrics>(task.labels, task.decision);
  }
};

}  // namespace

const TaskKind& single_label() {
  static const SingleLabel kKind;
  return kKind;
}

}  // namespace mtnlp
