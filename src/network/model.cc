#include "network/model.h"

#include <cmath>

#include "base/field.h"
#include "network/ops.h"
#include "network/random_init.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

/// The tokens of each sequence but its first `count`; the last one stays in any case.
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

void Model::use_tokenizer(const fs::path& folder, Prompts of_folder, bool include_prompt) {
  prompts = std::move(of_folder);
  const std::string& prompt = prompts.default_text();
  tokenizer = load_model_tokenizer(folder, prompt);
  encoder_folder = folder.string();
  unpooled = prompt.empty() || include_prompt
                 ? 0
                 : tokenizer->prompt_pieces() + (tokenizer->first_id() != Tokenizer::kNoId);
}

torch::Tensor Model::pool(const torch::Tensor& all, const Layout& layout_of_all) const {
  const auto [hidden, layout] = without_first(all, layout_of_all, unpooled);
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

torch::Device choose_device(std::optional<DeviceKind> kind) {
  if (!kind) return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  if (kind == DeviceKind::kCpu) return torch::kCPU;
  if (!torch::cuda::is_available())
    fail_input(field("device"), " cuda: this machine or this build of libtorch has no CUDA device");
  return torch::kCUDA;
}

}  // namespace mtnlp
