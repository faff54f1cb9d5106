#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/safetensors.h"
#include "network/tensor_files.h"
#include "network/torch.h"

namespace mtnlp {

namespace {

/// Returns the learning rate of a stage of an encoder with so many `layers`.
double rate_of(const Stage& stage, size_t layers, const OptimizerOptions& options) {
  switch (stage.kind) {
    case Stage::Kind::kEmbeddings:
      return options.lr * std::pow(options.layer_decay, layers);
    case Stage::Kind::kLayer:
      return options.lr * std::pow(options.layer_decay, layers - 1 - stage.index);
    case Stage::Kind::kPooling:
    case Stage::Kind::kHead:
      break;
  }
  return options.head_lr;
}

/// Returns how many layers of an encoder are among `tensors`.
size_t layers_of(const std::vector<Parameter>& tensors) {
  size_t layers = 0;
  for (const Parameter& parameter : tensors)
    if (parameter.stage.kind == Stage::Kind::kLayer) layers = std::max(layers, parameter.stage.index + 1);
  return layers;
}

}  // namespace

AdamW::AdamW(const std::vector<Parameter>& tensors, const OptimizerOptions& options) : options_(options) {
  const size_t layers = layers_of(tensors);
  for (const auto& [stage, name, tensor] : tensors) {
    if (!tensor.requires_grad()) continue;
    const bool decayed = tensor.dim() > 1;  // biases and LayerNorms are the vectors
    const Group group{rate_of(stage, layers, options), decayed ? options.weight_decay : 0};
    entries_.push_back({name, tensor, torch::zeros_like(tensor), torch::zeros_like(tensor),
                        torch::zeros({}, torch::TensorOptions(torch::kFloat32).device(tensor.device())),
                        place_of(group)});
  }
}

size_t AdamW::place_of(const Group& group) {
  const auto found = std::ranges::find(groups_, group);
  if (found != groups_.end()) return static_cast<size_t>(found - groups_.begin());
  groups_.push_back(group);
  return groups_.size() - 1;
}

std::vector<std::pair<std::string, torch::Tensor>> AdamW::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> list;
  for (const Entry& entry : entries_) {
    list.emplace_back(entry.name + ".moment1", entry.moment1);
    list.emplace_back(entry.name + ".moment2", entry.moment2);
    list.emplace_back(entry.name + ".steps", entry.steps);
  }
  return list;
}

void AdamW::load_state(const SafetensorsFile& file) {
  for (const auto& [name, tensor] : state()) read_tensor(file, name, tensor);
}

torch::Tensor AdamW::gradient_norm() const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const Entry& entry : entries_)
    if (entry.parameter.grad().defined()) gradients.push_back(entry.parameter.grad());
  return gradients.empty() ? torch::Tensor() : torch::stack(at::_foreach_norm(gradients)).norm();
}

void AdamW::step(double factor, const torch::Tensor& norm) {
  const torch::NoGradGuard no_grad;
  if (!norm.defined()) return;
  std::optional<torch::Tensor> divisor;  // what gradients are divided by: clipping without a pass of its own
  if (options_.clip > 0) divisor = ((norm + 1e-6) / options_.clip).clamp_min(1).to(torch::kFloat32);
  for (size_t group = 0; group < groups_.size(); ++group) {
    std::vector<torch::Tensor> parameters, grads, moments1, moments2, steps;
    for (const Entry& entry : entries_) {
      if (entry.group != group || !entry.parameter.grad().defined()) continue;
      parameters.push_back(entry.parameter);
      grads.push_back(entry.parameter.grad());
      moments1.push_back(entry.moment1);
      moments2.push_back(entry.moment2);
      steps.push_back(entry.steps.add_(1));
    }
    if (parameters.empty()) continue;
    at::_fused_adamw_(parameters, grads, moments1, moments2, {}, steps, groups_[group].lr * factor,
                      options_.beta1, options_.beta2, groups_[group].weight_decay, options_.eps,
                      /*amsgrad=*/false,
                      /*maximize=*/false, divisor);
  }
  for (const Entry& entry : entries_) entry.parameter.mutable_grad() = torch::Tensor();
}

}  // namespace mtnlp
