#include "tasks/regression.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/field.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "tasks/label_warnings.h"
#include "tasks/labels.h"
#include "tasks/number_metrics.h"

namespace mtnlp {
namespace {

constexpr size_t kMostStrata = 5, kRowsOfStratum = 20;

class NumberReader final : public TargetReader {
 public:
  NumberReader(std::string task, std::vector<std::string> missing)
      : task_(std::move(task)), missing_(std::move(missing)) {}

  void know(const Task& task, const std::string& origin) override {
    if (!task.labels.empty())
      fail_input(origin, ": task ", shown(task.name), " is of the kind regression, which has no labels");
  }

  Target read(const TargetCell& cell) override {
    if (has_no_label(cell.text, missing_)) return kNoTarget;
    const std::string_view text = trim(cell.text);
    const auto value = parse_number<double>(text);
    if (value && std::abs(*value) <= kLargestNumber) return *value;
    if (value && std::isfinite(*value))
      fail_input(cell.place(), ": the value ", shown(text), " of task ", shown(task_),
                 " is beyond what a float holds, -", kLargestNumber, " to ", kLargestNumber);
    const std::string hint = stands_for_missing(text)
                                 ? str("; ", field("missing_labels"), "=", shown(text), " makes it no number")
                                 : "";
    fail_input(cell.place(), ": the value ", shown(text), " of task ", shown(task_),
               " is not a finite number, such as 3 or -0.5", hint);
  }

  void settle(Task&, const std::string&) override {}
  std::vector<std::string> doubts(const Task& task, std::span<const Target> targets) const override {
    const Target* first = nullptr;
    for (const Target& target : targets) {
      if (target.is_none()) continue;
      if (first == nullptr) first = &target;
      if (*first != target) return {};
    }
    if (first == nullptr) return {};
    return {str("task ", shown(task.name), ": all rows have the same number, ", number_text(first->value()))};
  }
  std::vector<std::string> gaps(const Task&, std::span<const Target>) const override { return {}; }
  std::vector<std::string> mixtures(const Task&) const override { return {}; }

 private:
  std::string task_;
  std::vector<std::string> missing_;
};

/// Returns the least number of each stratum: ranges with about the same number of rows.
std::vector<double> starts_of_strata(std::span<const Target> targets) {
  std::vector<double> values, starts;
  for (const Target& target : targets)
    if (!target.is_none()) values.push_back(target.value());
  std::ranges::sort(values);
  const size_t strata = std::clamp<size_t>(values.size() / kRowsOfStratum, 1, kMostStrata);
  for (size_t i = 0; i < strata && !values.empty(); ++i)
    if (const double start = values[i * values.size() / strata]; starts.empty() || start > starts.back())
      starts.push_back(start);
  return starts;
}

class Regression final : public TaskKind {
 public:
  std::string name() const override { return "regression"; }
  bool has_labels() const override { return false; }
  std::string fault(const Task& task) const override {
    if (task.decision != Decision()) return "has a decision, though its outputs are numbers";
    if (!task.scale) return "has no scale";
    const auto& [mean, deviation] = *task.scale;
    if (!std::isfinite(mean) || !std::isfinite(deviation) || deviation <= 0)
      return str("has the scale ", mean, ", ", deviation,
                 "; valid are a finite mean and a deviation above 0");
    return "";
  }
  std::string outline(const Task&) const override { return "a number"; }
  size_t outputs(const Task&) const override { return 1; }

  bool takes(Cell cell) const override {
    return cell == Cell::kText || cell == Cell::kNumber || cell == Cell::kNull || cell == Cell::kAbsent;
  }
  std::unique_ptr<TargetReader> make_reader(const std::string& task,
                                            const CellReading& reading) const override {
    return std::make_unique<NumberReader>(task, reading.missing);
  }
  void learn(Task& task, std::span<const Target> training) const override {
    if (!task.scale) task.scale = scale_of(training);
  }
  Strata strata(const Task&, std::span<const Target> targets) const override {
    const std::vector<double> starts = starts_of_strata(targets);
    Strata strata;
    for (const double start : starts) strata.names.push_back("from " + number_text(start));
    strata.of = [starts](const Target& target) {
      const auto above = std::ranges::upper_bound(starts, target.value());
      return std::vector{static_cast<size_t>(above - starts.begin()) - 1};
    };
    return strata;
  }
  std::string text(const Task&, Target target) const override { return number_text(target.value()); }

  std::vector<AnswerColumn> answer_columns() const override { return {{.suffix = "", .number = true}}; }
  std::vector<std::string> answer(const Task& task, std::span<const float> outputs) const override {
    return {number_text(number_of(task, outputs))};
  }
  std::vector<float> probabilities(const Task&, std::span<const float>) const override { return {}; }

  std::vector<double> lesson(const Task& task, std::span<const float> outputs) const override {
    return {number_of(task, outputs)};
  }

  std::vector<Figure> figures() const override { return number_figures(); }
  std::unique_ptr<TaskMetrics> make_metrics(const Task& task) const override {
    return std::make_unique<NumberMetrics>(scale_of(task));
  }
};

}  // namespace

const TaskKind& regression() {
  static const Regression kKind;
  return kKind;
}

double number_of(const Task& task, std::span<const float> outputs) {
  constexpr double kFloat = 1e-7;  // share of it that a float tells apart
  const auto [mean, deviation] = scale_of(task);
  const double exact = mean + deviation * outputs[0],
               digits = std::ceil(-std::log10(kFloat * deviation * std::max(1.0F, std::abs(outputs[0]))));
  if (!(digits >= 0 && digits <= 20)) return exact;
  return *parse_number<double>(fixed_text(exact, static_cast<int>(digits)));
}

Scale scale_of(std::span<const Target> targets) {
  std::vector<double> values;
  for (const Target& target : targets)
    if (!target.is_none()) values.push_back(target.value());
  if (values.empty()) return {};
  const auto [least, most] = std::ranges::minmax(values);
  if (least == most) return {least, 1};
  const auto rows = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / rows;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double deviation = std::sqrt(squares / rows);
  return {mean, deviation > 0 ? deviation : 1};
}

}  // namespace mtnlp
