// AdamW (Loshchilov, Hutter 2019) with gradient clipping by the global norm.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "network/network.h"
#include "train/options.h"

namespace mtnlp {

class AdamW {
 public:
  /// Takes those of `tensors` that require a gradient; frozen ones have no state.
  AdamW(const std::vector<Parameter>& tensors, const OptimizerOptions& options);
  AdamW(const NetworkImpl& network, const OptimizerOptions& options) : AdamW(network.tensors(), options) {}

  const OptimizerOptions& options() const { return options_; }

  /// The norm of all gradients together, on their device; undefined when there is none.
  torch::Tensor gradient_norm() const;
  /// One step with all learning rates times `factor`; `norm` is the gradients'. Clips as
  /// torch.nn.utils.clip_grad_norm_ does. A tensor without gradient is skipped, its step count too. Gradients
  /// are gone afterwards. Does nothing when all is frozen.
  void step(double factor, const torch::Tensor& norm);
  void step(double factor) { step(factor, gradient_norm()); }

  /// NAME.moment1, NAME.moment2 and NAME.steps of every tensor: with the weights, all that later steps depend
  /// on.
  std::vector<std::pair<std::string, torch::Tensor>> state() const;
  /// Takes `state` back from a file; throws Error when a tensor is missing or has another shape.
  void load_state(const class SafetensorsFile& file);

 private:
  struct Entry {
    std::string name;
    torch::Tensor parameter, moment1, moment2, steps;
    size_t group;
  };
  struct Group {  ///< tensors that one call updates
    double lr, weight_decay;
    bool operator==(const Group&) const = default;
  };

  size_t place_of(const Group& group);  ///< in groups_, where it is added if need be

  OptimizerOptions options_;
  std::vector<Group> groups_;
  std::vector<Entry> entries_;
};

}  // namespace mtnlp
