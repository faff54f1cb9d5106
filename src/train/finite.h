// A training whose numbers overflow is stopped before it spoils its weights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "data/dataset.h"
#include "tasks/task_metrics.h"
#include "train/loss.h"

namespace mtnlp {

/// A step as an error names it.
struct StepText {
  uint64_t number;     ///< from 1
  double lr, head_lr;  ///< of this step
};

/// Looks at the losses and gradients of a training's steps.
class FiniteWatch {
 public:
  /// On the CPU every step is looked at; elsewhere sums stay on the device, and every 50th step is.
  explicit FiniteWatch(torch::Device device) : period_(device.is_cpu() ? 1 : 50) {}

  /// Call it before the step changes the weights, with the norm of its gradient (undefined when all is
  /// frozen) and the losses so far. Throws Error of kSystem when one is not finite.
  void take_step(const StepText& step, const torch::Tensor& norm, const std::vector<Task>& tasks,
                 const LossMeter& losses);
  /// The same look between two steps that are looked at, before a checkpoint is written.
  void require_finite(const std::vector<Task>& tasks, const LossMeter& losses) const;

 private:
  uint64_t period_;
  torch::Tensor norms_;  ///< sum since the last look
  std::optional<StepText> step_;
};

/// Throws Error of kSystem when a tensor holds what is not finite, named as `when` and the tensor's name.
void require_finite(const std::vector<std::pair<std::string, torch::Tensor>>& tensors,
                    const std::string& when);
/// Throws Error of kSystem when a loss is not finite.
void require_finite(const std::vector<Task>& tasks, const AllMetrics& metrics, const std::string& when);

}  // namespace mtnlp
