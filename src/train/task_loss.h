// The loss of one task. Each kind of task (tasks/task_kind.h) has one, in a file of its own in train/.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <torch/types.h>

#include "tasks/target.h"
#include "tasks/task.h"

namespace mtnlp {

/// What a user says of the losses of all tasks; a kind that has no use for something leaves it.
struct LossOptions {
  double label_smoothing = 0;     ///< as torch.nn.functional.cross_entropy
  bool balanced_classes = false;  ///< give each class the same weight in all, whatever its number of rows
  std::vector<double> task_weights{};  ///< [tasks] factors of the losses, empty: all ones
};

class TaskLoss {
 public:
  virtual ~TaskLoss() = default;

  /// Returns the numerator: Σ of the weighted losses of the rows whose target is not none, as a scalar to call
  /// backward on. `outputs` [B, C] of the head; `targets` [B], at least one of them not none.
  virtual torch::Tensor sum(const torch::Tensor& outputs, std::span<const Target> targets) const = 0;
  /// Returns what a row with `target`, not none, counts in the denominator.
  virtual double weight(Target target) const = 0;
};

/// Returns the loss of a task of any kind. `training`: the targets of its training rows, some of them none.
std::unique_ptr<const TaskLoss> make_task_loss(const Task& task, const LossOptions& options,
                                               std::span<const Target> training);

// ---- one per kind ----

std::unique_ptr<const TaskLoss> make_single_label_loss(const Task& task, const LossOptions& options,
                                                       std::span<const Target> training);

}  // namespace mtnlp
