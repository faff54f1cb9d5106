#include "network/pooling.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "network/ops.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

/// Returns each sequence without its first `count` tokens; its last token always stays.
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

torch::Tensor pool_attention(const torch::Tensor& hidden, const Layout& layout, const torch::Tensor& query,
                             int64_t heads) {
  const torch::Tensor offsets = layout.offsets_tensor,
                      lengths = offsets.slice(0, 1) - offsets.slice(0, 0, -1);
  const auto of_tokens = [&](const torch::Tensor& of_sequences) {
    return torch::repeat_interleave(of_sequences, lengths, 0);
  };
  const int64_t slice = query.size(0) / heads;
  const torch::Tensor slices = hidden.reshape({-1, heads, slice});
  const torch::Tensor scores =
      (slices * query.view({heads, slice})).sum(2) / std::sqrt(static_cast<double>(slice));
  const torch::Tensor largest = at::segment_reduce(scores.detach(), "max", {}, {}, offsets);
  const torch::Tensor weights = (scores - of_tokens(largest)).exp();
  const torch::Tensor sums = at::segment_reduce(weights, "sum", {}, {}, offsets);
  const torch::Tensor weighted = slices * (weights / of_tokens(sums)).unsqueeze(2);
  return at::segment_reduce(weighted.flatten(1), "sum", {}, {}, offsets);
}

}  // namespace

PoolingImpl::PoolingImpl(PoolingMode mode, int64_t dim, size_t unpooled) : mode_(mode), unpooled_(unpooled) {
  for (const PoolingTensor& tensor : pooling_tensors(mode, dim))
    weights_.push_back(register_parameter(tensor.name, torch::zeros(tensor.shape)));
}

torch::Tensor PoolingImpl::forward(const torch::Tensor& hidden, const Layout& layout) const {
  const torch::Tensor pooled = pool_sequences(hidden, layout);
  return layout.windows.empty() ? pooled : pool_mean(pooled, make_layout(layout.windows, pooled.device()));
}

std::string PoolingImpl::law() const {
  return str(pooling_name(mode_), " without the first ", unpooled_);
}

/// Returns the embeddings [S, D] of all sequences.
torch::Tensor PoolingImpl::pool_sequences(const torch::Tensor& all, const Layout& layout_of_all) const {
  const auto [hidden, layout] = without_first(all, layout_of_all, unpooled_);
  switch (mode_.kind) {
    case PoolingMode::kMean:
      return pool_mean(hidden, layout);
    case PoolingMode::kCls:
      return pool_cls(hidden, layout);
    case PoolingMode::kMax:
      return pool_max(hidden, layout);
    case PoolingMode::kAttention:
      return pool_attention(hidden, layout, weights_[0], mode_.heads);
  }
  fail_input("unknown pooling");
}

}  // namespace mtnlp
