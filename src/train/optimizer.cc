#include "mtnlp/train/optimizer.h"

#include "mtnlp/model/torch.h"

namespace mtnlp {

AdamW::AdamW(const Model& model, const OptimizerOptions& options) : options_(options) {
  // Groups: 2 x head + 1 x undecayed.
  for (const double lr : {options.lr, options.head_lr})
    for (const double decay : {options.weight_decay, 0.0}) groups_.push_back({lr, decay});
  const auto add = [&](const torch::Tensor& tensor, bool head) {
    if (!tensor.requires_grad()) return;
    const bool decayed = tensor.dim() > 1;  // biases and LayerNorms are the vectors
    entries_.push_back({tensor, torch::zeros_like(tensor), torch::zeros_like(tensor),
                        torch::zeros({}, tensor.options().requires_grad(false)),
                        2 * static_cast<size_t>(head) + static_cast<size_t>(!decayed)});
  };
  for (const torch::Tensor& tensor : model.encoder->parameters()) add(tensor, false);
  for (const Head& head : model.heads) {
    add(head.weight, true);
    add(head.bias, true);
  }
}

void AdamW::step(double factor) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const Entry& entry : entries_)
    if (entry.parameter.grad().defined()) gradients.push_back(entry.parameter.grad());
  if (gradients.empty()) return;

  std::optional<torch::Tensor> divisor;  // what gradients are divided by: clipping without a pass of its own
  if (options_.clip > 0) {
    const torch::Tensor norm = torch::stack(at::_foreach_norm(gradients)).norm();
    divisor = ((norm + 1e-6) / options_.clip).clamp_min(1);
  }
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
