#include "network/ops.h"

#include <cmath>

#include <ATen/Parallel.h>

#include "network/fused_ops.h"
#include "network/torch.h"

namespace mtnlp {

Dropout BatchDropout::of_tokens() const {
  if (!tokens.defined()) return {rate, key};
  return {rate, key, reinterpret_cast<const uint64_t*>(tokens.const_data_ptr<int64_t>())};
}

torch::Tensor dropout_mask(const BatchDropout& dropout, int64_t tokens, int64_t columns, int64_t parts,
                           torch::Device device) {
  torch::Tensor mask = torch::empty({tokens * parts, columns}, torch::kFloat32);
  auto* data = mask.data_ptr<float>();
  const Dropout place = dropout.of_tokens();
  at::parallel_for(0, tokens * parts, 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const RowKey key = place.row(static_cast<size_t>(row / parts), static_cast<size_t>(row % parts));
      for (int64_t column = 0; column < columns; ++column)
        data[row * columns + column] =
            dropout_bits(key, static_cast<uint32_t>(column)) < place.threshold() ? 0.0f : place.scale();
    }
  });
  return mask.to(device);
}

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     Precision precision) {
  const std::optional<torch::Tensor> added = bias.defined() ? std::optional(bias) : std::nullopt;
  if (precision == Precision::kFp32) return at::linear(x, weight, added);
  const auto rounded = [](const torch::Tensor& tensor) { return tensor.to(torch::kBFloat16); };
  return at::linear(rounded(x), rounded(weight), added ? std::optional(rounded(*added)) : std::nullopt);
}

namespace reference {
namespace {

torch::Tensor widened(const torch::Tensor& x) {
  return x.scalar_type() == torch::kBFloat16 ? x.to(torch::kFloat32) : x;
}

}  // namespace

// Computes on padded tensors [B, H, L, head_dim], in which keys of the padding have probability 0.
torch::Tensor varlen_attention(const torch::Tensor& x, const Layout& layout, int64_t heads,
                               const BatchDropout& dropout) {
  const torch::Tensor qkv = widened(x);
  const int64_t batch = layout.batch(), longest = layout.max_length, tokens = layout.tokens();
  const int64_t dim = qkv.size(1) / 3, head_dim = dim / heads;
  const torch::Tensor starts = layout.offsets_tensor.slice(0, 0, batch);
  const torch::Tensor lengths = layout.offsets_tensor.slice(0, 1) - starts;
  const torch::Tensor rows = torch::repeat_interleave(torch::arange(batch, starts.options()), lengths);
  const torch::Tensor slots = rows * longest + layout.positions;  // [N]: row of each token in the padded form

  const torch::Tensor padded = torch::zeros({batch * longest, 3 * dim}, qkv.options())
                                   .index_copy(0, slots, qkv)
                                   .view({batch, longest, 3, heads, head_dim})
                                   .permute({2, 0, 3, 1, 4});
  const torch::Tensor padding =
      (torch::arange(longest, starts.options()).unsqueeze(0) >= lengths.unsqueeze(1))
          .view({batch, 1, 1, longest});
  torch::Tensor scores =
      torch::matmul(padded[0], padded[1].transpose(-1, -2)) / std::sqrt(static_cast<double>(head_dim));
  torch::Tensor probabilities =
      torch::softmax(scores.masked_fill(padding, -std::numeric_limits<double>::infinity()), -1);
  if (dropout.active()) {
    const torch::Tensor mask =
        dropout_mask(dropout, tokens, longest, heads, qkv.device()).to(qkv.scalar_type());
    probabilities = probabilities * torch::zeros({batch * longest, heads * longest}, mask.options())
                                        .index_copy(0, slots, mask.view({tokens, heads * longest}))
                                        .view({batch, longest, heads, longest})
                                        .transpose(1, 2);
  }
  const torch::Tensor context =
      torch::matmul(probabilities, padded[2]).transpose(1, 2).reshape({batch * longest, dim});
  return context.index_select(0, slots).to(x.scalar_type());
}

torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& residual,
                             const torch::Tensor& gamma, const torch::Tensor& beta, double eps,
                             const BatchDropout& dropout) {
  torch::Tensor branch = widened(x) + bias;
  if (dropout.active())
    branch = branch * dropout_mask(dropout, x.size(0), x.size(1), 1, x.device()).to(branch.scalar_type());
  return torch::layer_norm(residual + branch, {x.size(1)}, gamma, beta, eps);
}

torch::Tensor bias_gelu(const torch::Tensor& x, const torch::Tensor& bias) {
  return torch::gelu(widened(x) + bias).to(x.scalar_type());
}

}  // namespace reference

torch::Tensor varlen_attention(const torch::Tensor& qkv, const Layout& layout, int64_t heads,
                               const BatchDropout& dropout) {
  const bool fits = fused::supports(qkv, qkv.size(1) / 3 / heads);
  return (fits ? fused::varlen_attention : reference::varlen_attention)(qkv, layout, heads, dropout);
}

torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& residual,
                             const torch::Tensor& gamma, const torch::Tensor& beta, double eps,
                             const BatchDropout& dropout) {
  const auto choice = fused::supports(x, x.size(1)) ? fused::add_layer_norm : reference::add_layer_norm;
  return choice(x, bias, residual, gamma, beta, eps, dropout);
}

torch::Tensor bias_gelu(const torch::Tensor& x, const torch::Tensor& bias) {
  return (fused::supports(x, x.size(1)) ? fused::bias_gelu : reference::bias_gelu)(x, bias);
}

torch::Tensor pool_mean(const torch::Tensor& hidden, const Layout& layout) {
  return at::segment_reduce(hidden, "mean", {}, {}, layout.offsets_tensor);
}

torch::Tensor pool_cls(const torch::Tensor& hidden, const Layout& layout) {
  return hidden.index_select(0, layout.offsets_tensor.slice(0, 0, layout.batch()));
}

torch::Tensor pool_max(const torch::Tensor& hidden, const Layout& layout) {
  return at::segment_reduce(hidden, "max", {}, {}, layout.offsets_tensor);
}

}  // namespace mtnlp
