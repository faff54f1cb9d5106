// The multi-task loss of a micro-batch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <torch/types.h>

#include "data/encoded_rows.h"
#include "data/epoch_plan.h"
#include "network/network.h"
#include "train/loss_sum.h"

namespace mtnlp {

struct LossOptions {
  double label_smoothing = 0;                      ///< as torch.nn.functional.cross_entropy
  std::vector<std::vector<double>> class_weights;  ///< [tasks][classes], empty: all ones
  std::vector<double> task_weights;                ///< [tasks], empty: all ones
};

/// Weights inversely proportional to class frequency, rows / (classes · rows of the class), as scikit-learn's
/// "balanced"; 0 for a class without rows. [tasks][classes] over the training rows.
std::vector<std::vector<double>> balanced_class_weights(const std::vector<Task>& tasks,
                                                        const EncodedRows& encoded,
                                                        const std::vector<Part>& parts);

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

/// Σ_task task_weight · Σ row losses / denominator over the labels that `rows` have, as a scalar to call
/// backward on; undefined when they have none. `embeddings` [B, D] are those of `rows`; `denominators` are
/// the step's, so that the micro-batches of a step add up to the loss of the large batch. A head whose task
/// is absent takes no part.
torch::Tensor micro_batch_loss(const NetworkImpl& network, const torch::Tensor& embeddings,
                               const EncodedRows& encoded, std::span<const uint32_t> rows,
                               std::span<const double> denominators, const LossOptions& options,
                               LossMeter* meter);

}  // namespace mtnlp
