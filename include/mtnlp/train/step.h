// One optimiser step: forward and backward over its micro-batches, with the frozen stretch cut off.
#pragma once

#include <cstdint>
#include <span>

#include <torch/types.h>

#include "mtnlp/train/loss.h"

namespace mtnlp {

/// Runs the model up to the pooled embeddings for training. The lowest `frozen_stages` (see apply_freeze) run
/// without gradient and without dropout.
torch::Tensor training_embeddings(const Model& model, const Batch& batch, int64_t frozen_stages,
                                  const DropoutPlan& plan);

/// Embeddings of a whole frozen backbone, each row encoded once for the run.
class FrozenEmbeddings {
 public:
  FrozenEmbeddings(const Model& model, const EncodedRows& encoded, std::span<const uint32_t> rows,
                   torch::Device device);
  /// [rows, D]
  torch::Tensor rows(std::span<const uint32_t> row_ids) const;

 private:
  torch::Tensor embeddings_;    ///< [cached rows, D]
  std::vector<int64_t> place_;  ///< row id → row of embeddings_, -1 when not cached
};

struct StepOptions {
  LossOptions loss;
  int64_t frozen_stages = 0;
  uint64_t seed = 42;  ///< of the dropout
  torch::Device device = torch::kCPU;
};

/// Adds the gradients of step number `index` (from 0 over the whole run) to the parameters. `frozen`, when
/// given, stands for the encoder.
void accumulate_gradients(const Model& model, const EncodedRows& encoded, const Step& step, uint64_t index,
                          const StepOptions& options, const FrozenEmbeddings* frozen, LossMeter* meter);

}  // namespace mtnlp
