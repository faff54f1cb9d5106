#include "train/step_runner.h"

#include "network/torch.h"

namespace mtnlp {

double RunLength::factor(uint64_t step) const {
  return schedule_factor(schedule, step, steps(), warmup_steps);
}

StepRunner::StepRunner(NetworkImpl& network, AdamW& optimizer, LossMeter& losses, const EncodedRows& encoded,
                       const FrozenStages* frozen, const StepOptions& options, const RunLength& length,
                       const std::vector<Task>& tasks)
    : network_(network),
      optimizer_(optimizer),
      losses_(losses),
      encoded_(encoded),
      frozen_(frozen),
      options_(options),
      length_(length),
      tasks_(tasks),
      finite_(options.device) {}

void StepRunner::take(const Step& step, uint64_t index) {
  accumulate_gradients(network_, encoded_, step, index, options_, frozen_, &losses_);
  const torch::Tensor norm = optimizer_.gradient_norm();
  const double factor = length_.factor(index);
  const OptimizerOptions& rates = optimizer_.options();
  finite_.take_step({index + 1, rates.lr * factor, rates.head_lr * factor}, norm, tasks_, losses_);
  optimizer_.step(factor, norm);
}

void StepRunner::require_finite_state(uint64_t steps_done) const {
  finite_.require_finite(tasks_, losses_);
  auto tensors = optimizer_.state();
  for (const Parameter& parameter : network_.tensors())
    tensors.emplace_back(parameter.name, parameter.tensor);
  require_finite(tensors, str("after step ", steps_done));
}

}  // namespace mtnlp
