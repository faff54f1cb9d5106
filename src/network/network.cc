#include "network/network.h"

#include <cmath>

#include "network/ops.h"
#include "network/random_init.h"
#include "network/torch.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// Returns the tokens of each sequence but its first `count`; the last one stays in any case.
std::pair<torch::Tensor, Layout> without_first(const torch::Tensor& hidden, const Layout& layout,
                                               size_t count) {
  if (count == 0) return {hidden, layout};
  std::vector<int64_t> kept, lengths;
  for (int64_t b = 0; b < layout.batch(); ++b) {
    lengths.push_back(std::max<int64_t>(1, layout.length(b) - static_cast<int64_t>(count)));
    const int64_t end = layout.offsets[static_cast<size_t>(b) + 1];
    for (int64_t token = end - lengths.back(); token < end; ++token) kept.push_back(token);
  }
  return {hidden.index_select(0, torch::tensor(kept, torch::kInt64).to(hidden.device())),
          make_layout(lengths, hidden.device())};
}

}  // namespace

HeadImpl::HeadImpl(int64_t outputs, int64_t dim)
    : weight(register_parameter("weight", torch::empty({outputs, dim}))),
      bias(register_parameter("bias", torch::empty(outputs))) {}

torch::Tensor HeadImpl::forward(const torch::Tensor& embeddings) const {
  return torch::linear(embeddings, weight, bias);
}

NetworkImpl::NetworkImpl(Encoder of_model, const ModelSettings& settings)
    : encoder(register_module("encoder", std::move(of_model))),
      pooling_(settings.modules.pooling),
      unpooled_(settings.unpooled),
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

torch::Tensor NetworkImpl::pool(const torch::Tensor& all, const Layout& layout_of_all) const {
  const auto [hidden, layout] = without_first(all, layout_of_all, unpooled_);
  switch (pooling_) {
    case PoolingMode::kMean:
      return pool_mean(hidden, layout);
    case PoolingMode::kCls:
      return pool_cls(hidden, layout);
    case PoolingMode::kMax:
      return pool_max(hidden, layout);
  }
  fail_input("unknown pooling");
}

torch::Tensor NetworkImpl::embed(const Batch& batch, const DropoutPlan& plan) {
  return pool(encoder->forward(batch, plan), batch.layout);
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
  for (size_t t = 0; t < heads.size(); ++t)
    add({Stage::Kind::kHead, t}, "head." + tasks_[t] + ".", *heads[t]);
  return list;
}

}  // namespace mtnlp
