// What an epoch does, step by step, before it starts: a pure function of (seed, epoch).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "data/dataset.h"
#include "data/mixing.h"

namespace mtnlp {

struct PlanOptions {
  size_t batch_size = 32;        ///< rows of a micro-batch
  size_t grad_accumulation = 1;  ///< micro-batches of a step
  uint64_t seed = 42;
  Mixing mixing = {};
  size_t steps = 0;  ///< of an epoch; 0: as many as all training rows make
};

/// One optimiser step: rows of one source.
struct Step {
  uint32_t source;
  std::vector<std::vector<uint32_t>> micro_batches;  ///< row ids
  /// [tasks] Σ of the weights of the rows in all micro-batches that have a target of the task; 0 when none
  /// has. A step's loss is Σ_task weight · Σ row losses / denominator.
  std::vector<double> denominators;
};

/// Returns what a row with `target`, not none, of `task` counts in the task's denominator.
using RowWeight = std::function<double(size_t task, Target target)>;

/// Returns the steps of epoch `epoch` (from 0). Each source passes over its training rows again and again, each
/// time shuffled and cut into steps of batch_size × grad_accumulation rows; an epoch takes the next steps of
/// each, as many as its share. Where nothing else is asked, that is one pass. The steps of all sources are
/// shuffled together. Without `weight` every row counts 1.
std::vector<Step> plan_epoch(const Dataset& dataset, const std::vector<Part>& parts,
                             const PlanOptions& options, uint64_t epoch, const RowWeight& weight = nullptr);

/// Returns the steps of any epoch, without planning it.
size_t steps_per_epoch(const Dataset& dataset, const std::vector<Part>& parts, const PlanOptions& options);

}  // namespace mtnlp
