#include "mtnlp/model/model.h"

#include <cmath>

#include "mtnlp/model/ops.h"
#include "mtnlp/model/random_init.h"
#include "mtnlp/model/torch.h"

namespace mtnlp {

torch::Tensor Head::forward(const torch::Tensor& embeddings) const {
  return torch::linear(embeddings, weight, bias);
}

Head make_head(const Task& task, int64_t dim, uint64_t seed) {
  const auto classes = static_cast<int64_t>(task.labels.size());
  const double bound = 1 / std::sqrt(static_cast<double>(dim));
  Head head{torch::empty({classes, dim}), torch::empty({classes})};
  fill_uniform(head.weight, bound, seed, "head." + task.name + ".weight");
  fill_uniform(head.bias, bound, seed, "head." + task.name + ".bias");
  head.weight.requires_grad_();
  head.bias.requires_grad_();
  return head;
}

torch::Tensor Model::pool(const torch::Tensor& hidden, const Layout& layout) const {
  switch (pooling) {
    case PoolingMode::kMean:
      return pool_mean(hidden, layout);
    case PoolingMode::kCls:
      return pool_cls(hidden, layout);
    case PoolingMode::kMax:
      return pool_max(hidden, layout);
  }
  fail_input("unknown pooling");
}

torch::Tensor Model::embed(const Batch& batch, const DropoutPlan& plan) const {
  return pool(Encoder(encoder)->forward(batch, plan), batch.layout);
}

void Model::to(torch::Device device) {
  encoder->to(device);
  for (Head& head : heads) {
    head.weight = head.weight.detach().to(device).requires_grad_(head.weight.requires_grad());
    head.bias = head.bias.detach().to(device).requires_grad_(head.bias.requires_grad());
  }
}

Model Model::packed(Precision precision) const {
  Model result = *this;
  result.encoder = Encoder(encoder->config());
  const auto from = encoder->parameters(), to = result.encoder->parameters();
  for (size_t i = 0; i < from.size(); ++i) to[i].set_data(from[i].detach());
  result.encoder->pack(precision);
  return result;
}

void check_max_length(size_t max_length, const EncoderConfig& config, const std::string& where) {
  if (max_length < 2 || max_length > static_cast<size_t>(config.positions))
    fail_input(where, " is ", max_length, "; valid for this encoder are 2 to ", config.positions);
}

torch::Device choose_device(const std::string& name) {
  if (name == "auto") return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  if (name == "cpu") return torch::kCPU;
  if (name != "cuda") fail_input("--device is \"", name, "\"; valid are: auto, cpu, cuda");
  if (!torch::cuda::is_available())
    fail_input("--device cuda: this machine or this build of libtorch has no CUDA device");
  return torch::kCUDA;
}

}  // namespace mtnlp
