// The loss of one task. Each kind of task (tasks/task_kind.h) has one, in a file of its own in train/.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <torch/types.h>

#include "tasks/class_weights.h"
#include "tasks/loss_laws.h"
#include "tasks/target.h"
#include "tasks/task.h"

namespace mtnlp {

/// What a user says of the loss of one task; a kind that has no use for something leaves it.
struct TaskLossOptions {
  double label_smoothing = 0;  ///< as torch.nn.functional.cross_entropy
  ClassWeighting classes = {};
  LossLaws laws = {};
};

class TaskLoss {
 public:
  virtual ~TaskLoss() = default;

  /// Returns the numerator: Σ of the weighted losses of the rows whose target is not none, as a scalar to call
  /// backward on. `outputs` [B, C] of the head; `targets` [B], at least one of them not none.
  virtual torch::Tensor sum(const torch::Tensor& outputs, std::span<const Target> targets) const = 0;
  /// Returns the numerator of soft labels: Σ of the losses of the rows beside what a teacher says, as a scalar to call
  /// backward on; each row counts 1 in the denominator. `lessons` [B, C] are those of TaskKind::lesson, of the p or the
  /// numbers; `temperature` T softens both sides.
  virtual torch::Tensor soft_sum(const torch::Tensor& outputs, const torch::Tensor& lessons,
                                 double temperature) const = 0;
  /// Returns what a row with `target`, not none, counts in the denominator.
  virtual double weight(Target target) const = 0;
};

/// Returns the loss of a task of any kind. `training`: the targets of its training rows, some of them none.
std::unique_ptr<const TaskLoss> make_task_loss(const Task& task, const TaskLossOptions& options,
                                               std::span<const Target> training);

// ---- one per kind ----

/// Returns the loss of one label of several, the cross-entropy. Its soft loss is -T² · Σ q · log softmax(z / T) with q ∝
/// p^(1 / T), whose gradient is that of T² · KL(q, softmax(z / T)).
std::unique_ptr<const TaskLoss> make_single_label_loss(const Task& task, const TaskLossOptions& options,
                                                       std::span<const Target> training);
/// Returns the loss of several labels a row: of a row the mean over the labels of its binary cross-entropies.
/// Its soft loss is T² times that of z / T with q = sigmoid(logit(p) / T) in place of the labels.
std::unique_ptr<const TaskLoss> make_multi_label_loss(const Task& task, const TaskLossOptions& options,
                                                      std::span<const Target> training);
/// Returns the loss of a number, in deviations of the task. Its soft loss is the same; there is no T.
std::unique_ptr<const TaskLoss> make_regression_loss(const Task& task, const TaskLossOptions& options);

}  // namespace mtnlp
