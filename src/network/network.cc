#include "network/network.h"

#include <cmath>

#include "network/random_init.h"
#include "network/torch.h"
#include "tasks/task_kind.h"

namespace mtnlp {
HeadImpl::HeadImpl(int64_t outputs, int64_t dim)
    : weight(register_parameter("weight", torch::empty({outputs, dim}))),
      bias(register_parameter("bias", torch::empty(outputs))) {}

torch::Tensor HeadImpl::forward(const torch::Tensor& embeddings) const {
  return torch::linear(embeddings, weight, bias);
}

NetworkImpl::NetworkImpl(Encoder of_model, const ModelSettings& settings)
    : encoder(register_module("encoder", std::move(of_model))),
      pooling(register_module("pooling",
                              Pooling(settings.modules.pooling, encoder->config().dim, settings.unpooled))),
      tasks_(task_names(settings.tasks)) {
  for (const Task& task : settings.tasks) {
    const auto outputs = static_cast<int64_t>(outputs_of(task));
    heads.push_back(
        register_module("head" + std::to_string(heads.size()), Head(outputs, encoder->config().dim)));
  }
}

void NetworkImpl::start_heads(uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const double bound = 1 / std::sqrt(static_cast<double>(encoder->config().dim));
  for (const Parameter& parameter : tensors())
    if (parameter.stage.kind == Stage::Kind::kHead)
      fill_uniform(parameter.tensor, bound, seed, parameter.name);
}

torch::Tensor NetworkImpl::embed(const Batch& batch, const DropoutPlan& plan) {
  return pooling->forward(encoder->forward(batch, plan), batch.layout);
}

std::vector<Parameter> NetworkImpl::tensors() const {
  std::vector<Parameter> list;
  const auto add = [&](Stage stage, const std::string& prefix, const torch::nn::Module& module) {
    for (const auto& parameter : module.named_parameters(/*recurse=*/false))
      list.push_back({stage, prefix + parameter.key(), parameter.value()});
  };
  add({Stage::Kind::kEmbeddings}, "encoder.", *encoder);
  for (size_t i = 0; i < encoder->stack.size(); ++i)
    add({Stage::Kind::kLayer, i}, "encoder.layer" + std::to_string(i) + ".", *encoder->stack[i]);
  add({Stage::Kind::kPooling}, "pooling.", *pooling);
  for (size_t t = 0; t < heads.size(); ++t)
    add({Stage::Kind::kHead, t}, "head." + tasks_[t] + ".", *heads[t]);
  return list;
}

}  // namespace mtnlp
