// One optimiser step: forward and backward over its micro-batches, with the frozen stretch cut off.
#pragma once

#include <cstdint>
#include <span>

#include <torch/types.h>

#include "train/frozen_stages.h"
#include "train/loss.h"
#include "train/soft_labels.h"

namespace mtnlp {

struct StepOptions {
  Losses losses;
  uint64_t seed = 42;  ///< of the dropout
  torch::Device device = torch::kCPU;
  std::shared_ptr<const SoftSteps> soft = nullptr;  ///< trained on beside each step; null: none
};

/// Pooled embeddings [B, D] of `rows` for training. `frozen` stands for the lowest stages; null: all stages
/// are in training.
torch::Tensor training_embeddings(NetworkImpl& network, const EncodedRows& encoded,
                                  std::span<const uint32_t> rows, const FrozenStages* frozen,
                                  const DropoutPlan& plan, torch::Device device);

/// Adds the gradients of step number `index` (from 0 over the whole run) to the parameters. `meter` counts the labelled
/// rows alone.
void accumulate_gradients(NetworkImpl& network, const EncodedRows& encoded, const Step& step, uint64_t index,
                          const StepOptions& options, const FrozenStages* frozen, LossMeter* meter);

}  // namespace mtnlp
