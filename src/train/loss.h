// The multi-task loss of a micro-batch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <torch/types.h>

#include "data/encoded_rows.h"
#include "data/epoch_plan.h"
#include "network/network.h"
#include "run/loss_sum.h"
#include "train/task_loss.h"

namespace mtnlp {

/// What a user says of the losses of all tasks.
struct LossOptions {
  double label_smoothing = 0;  ///< see TaskLossOptions
  ClassWeightOptions class_weights = {};
  std::vector<double> task_weights = {};  ///< [tasks] factors of the losses, empty: all ones
  LossLaws laws = {};
};

/// The losses of a run's tasks, and how much each task counts. Copies share what they are made of.
class Losses {
 public:
  Losses() = default;
  /// `tasks` are those of `encoded`; the rows of the training part shape the losses.
  Losses(const std::vector<Task>& tasks, const LossOptions& options, const EncodedRows& encoded,
         const std::vector<Part>& parts);

  const TaskLoss& of(size_t task) const { return *of_task_[task]; }
  double task_weight(size_t task) const { return task_weights_.empty() ? 1 : task_weights_[task]; }
  /// Returns what a row with `target`, not none, counts in the task's denominator.
  double row_weight(size_t task, Target target) const { return of_task_[task]->weight(target); }
  /// Returns row_weight for plan_epoch; it shares what it needs.
  RowWeight row_weights() const {
    return [*this](size_t task, Target target) { return row_weight(task, target); };
  }

 private:
  std::vector<std::shared_ptr<const TaskLoss>> of_task_;
  std::vector<double> task_weights_;  ///< [tasks], empty: all ones
};

/// Loss sums per task since the last reset, kept on the device until read.
class LossMeter {
 public:
  explicit LossMeter(size_t tasks) : sums_(tasks), weights_(tasks) {}
  void add(size_t task, const torch::Tensor& sum, double weight);
  /// Σ losses / Σ weights of a task; NaN when nothing was added.
  double mean(size_t task) const;
  void reset();

  std::vector<LossSum> sums() const;  ///< [tasks]
  void restore(const std::vector<LossSum>& sums);

 private:
  std::vector<torch::Tensor> sums_;  ///< double scalars
  std::vector<double> weights_;
};

/// Σ_task task_weight · Σ row losses / denominator over the targets that `rows` have, as a scalar to call
/// backward on; undefined when they have none. `embeddings` [B, D] are those of `rows`; `denominators` are
/// the step's, so that the micro-batches of a step add up to the loss of the large batch. A head whose task
/// is absent takes no part.
torch::Tensor micro_batch_loss(const NetworkImpl& network, const torch::Tensor& embeddings,
                               const EncodedRows& encoded, std::span<const uint32_t> rows,
                               std::span<const double> denominators, const Losses& losses, LossMeter* meter);

}  // namespace mtnlp
