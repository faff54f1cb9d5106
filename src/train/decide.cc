#include "train/decide.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "eval/evaluator.h"
#include "tasks/calibration.h"
#include "tasks/class_counts.h"
#include "tasks/class_weights.h"
#include "tasks/multi_label.h"
#include "tasks/prediction.h"
#include "tasks/single_label.h"
#include "train/label_thresholds.h"

namespace mtnlp {
namespace {

constexpr std::array<double, 5> kTaus = {0, 0.25, 0.5, 0.75, 1};

std::vector<Target> targets_of(const EncodedRows& encoded, std::span<const uint32_t> rows, size_t task) {
  std::vector<Target> targets;
  for (const uint32_t row : rows) targets.push_back(encoded.target(row, task));
  return targets;
}

/// Returns what `heads` say of the rows of `tasks[task]` in `batches` that have a target.
LabelledLogits logits_of(const Heads& heads, const std::vector<Task>& tasks, size_t task,
                         const EncodedRows& encoded, std::span<const EmbeddedBatch> batches) {
  LabelledLogits all{tasks[task].labels.size(),
                     tasks[task].kind == &multi_label() ? RightLabels::kAny : RightLabels::kOne};
  for (const EmbeddedBatch& batch : batches) {
    const Matrix logits = heads.logits(task, batch.embeddings);
    for (size_t i = 0; i < batch.rows.size(); ++i)
      if (const Target target = encoded.target(batch.rows[i], task); !target.is_none())
        all.add(logits.row(i), target);
  }
  return all;
}

void calibrate(const LabelledLogits& validation, Task& task) {
  const std::string name = "task " + printable(task.name);
  if (validation.rows() < kFewestToCalibrate)
    return log_info(str(name, ": ", validation.rows(),
                        " validation rows are too few to calibrate its probabilities (", kFewestToCalibrate,
                        " are needed); its temperature stays 1"));
  const std::optional<double> temperature = fit_temperature(validation);
  if (!temperature)
    return log_info(str(name, ": no temperature from ", number_text(kLowestTemperature), " to ",
                        number_text(kHighestTemperature), " fits its validation rows; it stays 1"));
  task.decision.temperature = *temperature;
  log_info(str(name, ": probabilities calibrated by the temperature ", fixed_text(*temperature, 4),
               ", validation loss ", fixed_text(cross_entropy(validation, *temperature), 4), " (without ",
               fixed_text(cross_entropy(validation, 1), 4), ")"));
}

ClassCounts count_answers(const LabelledLogits& rows, const Decision& decision) {
  ClassCounts counts(rows.labels);
  for (size_t i = 0; i < rows.rows(); ++i)
    counts.add(class_of(rows.golds[i]), largest_label(decided(rows.row(i), decision)));
  return counts;
}

/// Warns of labels without validation rows: what was fitted there does not know them.
void warn_of_absent(const LabelledLogits& validation, const Task& task) {
  std::vector<std::string> absent;
  for (size_t label = 0; label < task.labels.size(); ++label)
    if (std::ranges::none_of(validation.golds, [&](const Target& gold) { return class_of(gold) == label; }))
      absent.push_back(shown(task.labels[label]));
  if (!absent.empty() && validation.rows() > 0)
    log_warning(str("task ", printable(task.name), ": no validation row has the label",
                    absent.size() > 1 ? "s " : " ", few_of(absent),
                    ", so its decisions and probabilities are fitted without ",
                    absent.size() > 1 ? "them" : "it"));
}

/// Gives the task the best of its shifts.
void balance(const LabelledLogits& validation, std::span<const Target> training, Task& task) {
  const auto shifted = [&](double tau) {
    return Decision{task.decision.temperature, prior_shift(training, task.labels.size(), tau)};
  };
  if (validation.rows() == 0) {
    task.decision = shifted(0);
    log_warning(str("task ", printable(task.name),
                    ": no validation row tells how far to balance its decisions; ", "they stay as they are"));
    return;
  }
  double best = 0, recall = 0, first = 0;
  for (const double tau : kTaus) {
    const double found = count_answers(validation, shifted(tau)).balanced_accuracy();
    if (tau == 0) first = found;
    if (tau == 0 || found > recall) best = tau, recall = found;
  }
  task.decision = shifted(best);
  log_info(str("task ", printable(task.name), ": decisions shifted by ", number_text(best),
               " of the training shares, validation macro-recall ", fixed_text(recall, 4), " (without ",
               fixed_text(first, 4), ")"));
}

}  // namespace

std::vector<double> prior_shift(std::span<const Target> training, size_t classes, double tau) {
  std::vector<double> shift = rows_of_classes(training, classes);
  const double all = std::accumulate(shift.begin(), shift.end(), 0.0);
  for (double& value : shift) value = value > 0 ? tau * std::log(all / value) : 0;
  return shift;
}

bool decides(const Task& task, const DecideOptions& options) {
  if (task.kind == &multi_label()) return true;
  return task.kind == &single_label() &&
         (options.aim == Decide::kBalanced || options.calibrate == Calibrate::kTemperature);
}

void decide_tasks(const Predictor& model, const EncodedRows& encoded, const std::vector<Part>& parts,
                  const std::vector<bool>& frozen, const DecideOptions& options, std::vector<Task>& tasks) {
  std::vector<size_t> open;
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (!decides(tasks[t], options)) continue;
    if (frozen[t])
      log_info(str("task ", printable(tasks[t].name), ": its head is frozen, and decides as before"));
    else
      open.push_back(t);
  }
  if (open.empty()) return;
  const std::vector<uint32_t> training = rows_of_part(parts, Part::kTrain);
  const std::vector<EmbeddedBatch> validation =
      embed_rows(model.embedder(), encoded, rows_of_part(parts, Part::kValidation));
  for (const size_t t : open) {
    const LabelledLogits logits = logits_of(model.heads(), tasks, t, encoded, validation);
    tasks[t].decision = {};
    if (options.calibrate == Calibrate::kTemperature) calibrate(logits, tasks[t]);
    if (tasks[t].kind == &multi_label())
      choose_thresholds(logits, options.label_threshold, tasks[t]);
    else if (options.aim == Decide::kBalanced)
      balance(logits, targets_of(encoded, training, t), tasks[t]);
    if (tasks[t].kind == &single_label() && tasks[t].decision != Decision()) warn_of_absent(logits, tasks[t]);
  }
}

}  // namespace mtnlp
