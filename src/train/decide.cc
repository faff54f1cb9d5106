#include "train/decide.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/signals.h"
#include "eval/evaluator.h"
#include "infer/batches.h"
#include "tasks/class_counts.h"
#include "tasks/class_weights.h"
#include "tasks/prediction.h"
#include "tasks/single_label.h"

namespace mtnlp {
namespace {

constexpr std::array<double, 5> kTaus = {0, 0.25, 0.5, 0.75, 1};

/// The shifts that a task may have, and how the validation rows are answered with each.
struct Candidates {
  size_t task;
  std::vector<Decision> decisions;  ///< [kTaus]
  std::vector<ClassCounts> counts;  ///< [kTaus]
};

std::vector<Target> targets_of(const EncodedRows& encoded, std::span<const uint32_t> rows, size_t task) {
  std::vector<Target> targets;
  for (const uint32_t row : rows) targets.push_back(encoded.target(row, task));
  return targets;
}

Candidates make_candidates(size_t index, const Task& task, std::span<const Target> training) {
  Candidates candidates{index, {}, {}};
  for (const double tau : kTaus) {
    candidates.decisions.push_back(
        {task.decision.temperature, prior_shift(training, task.labels.size(), tau)});
    candidates.counts.emplace_back(task.labels.size());
  }
  return candidates;
}

/// Gives the task the best of its candidates.
void choose(const Candidates& candidates, Task& task) {
  const std::vector<ClassCounts>& counts = candidates.counts;
  size_t best = 0;
  for (size_t i = 1; i < counts.size(); ++i)
    if (counts[i].macro_recall() > counts[best].macro_recall()) best = i;
  task.decision = candidates.decisions[best];
  uint64_t rows = 0;
  for (size_t label = 0; label < task.labels.size(); ++label) rows += counts[0].support(label);
  if (rows == 0) {
    log_warning(str("task ", printable(task.name),
                    ": no validation row tells how far to balance its decisions; ", "they stay as they are"));
    return;
  }
  log_info(str("task ", task.name, ": decisions shifted by ", number_text(kTaus[best]),
               " of the training shares, validation macro-recall ",
               fixed_text(counts[best].macro_recall(), 4), " (without ",
               fixed_text(counts[0].macro_recall(), 4), ")"));
}

}  // namespace

std::vector<double> prior_shift(std::span<const Target> training, size_t classes, double tau) {
  std::vector<double> shift = rows_of_classes(training, classes);
  const double all = std::accumulate(shift.begin(), shift.end(), 0.0);
  for (double& value : shift) value = value > 0 ? tau * std::log(all / value) : 0;
  return shift;
}

void decide_balanced(const Predictor& model, const EncodedRows& encoded, const std::vector<Part>& parts,
                     const std::vector<bool>& frozen, std::vector<Task>& tasks) {
  const std::vector<uint32_t> training = rows_of_part(parts, Part::kTrain),
                              validation = rows_of_part(parts, Part::kValidation);
  std::vector<Candidates> all;
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (frozen[t])
      log_info(str("task ", tasks[t].name, ": its head is frozen, and decides as before"));
    else if (tasks[t].kind == &single_label())
      all.push_back(make_candidates(t, tasks[t], targets_of(encoded, training, t)));
  }
  embed_batches(model.embedder(), encoded.sequences(validation),
                [&](std::span<const uint32_t> indices, const Matrix& embeddings) {
                  throw_if_stopped();
                  for (Candidates& candidates : all) {
                    const Matrix logits = model.heads().logits(candidates.task, embeddings);
                    for (size_t i = 0; i < indices.size(); ++i) {
                      const Target target = encoded.target(validation[indices[i]], candidates.task);
                      if (target.is_none()) continue;
                      for (size_t tau = 0; tau < kTaus.size(); ++tau)
                        candidates.counts[tau].add(
                            class_of(target),
                            largest_label(decided(logits.row(i), candidates.decisions[tau])));
                    }
                  }
                });
  for (const Candidates& candidates : all) choose(candidates, tasks[candidates.task]);
}

}  // namespace mtnlp
