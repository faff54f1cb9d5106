// The operations of an encoder layer. Each has a plain ATen form in namespace `reference`, which defines it
// and runs on any device and dtype, and a fused form for the CPU (fused_ops.h), tested to be equal. The
// functions outside of `reference` choose the fused form where it applies.
//
// With bf16 products, `qkv` and `x` below and their gradients are bfloat16. The operations compute in float;
// attention and GELU return the type of their argument, add_layer_norm returns float.
#pragma once

#include <torch/types.h>

#include "engine/precision.h"
#include "kernels/dropout.h"
#include "network/layout.h"

namespace mtnlp {

/// The dropout of one place in a batch; the default is none.
struct BatchDropout {
  double rate = 0;            ///< Dropout::rate
  uint64_t key = 0;           ///< Dropout::key
  torch::Tensor tokens = {};  ///< int64 [N] on the host, Dropout::tokens; undefined: indices

  bool active() const { return rate > 0; }
  /// Returns the same for the kernels. It borrows `tokens`.
  Dropout of_tokens() const;
};

/// Returns the factors, 0 or the scale, by which dropout multiplies a matrix: float [tokens · parts,
/// columns], where row = token · parts + part.
torch::Tensor dropout_mask(const BatchDropout& dropout, int64_t tokens, int64_t columns, int64_t parts = 1,
                           torch::Device device = torch::kCPU);

/// Returns x · weight^T + bias [N, out], for x [N, in], weight [out, in], and bias [out] or undefined. With
/// kFp32 all are float; with kBf16 arguments are rounded to bfloat16, and the result is bfloat16.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     Precision precision);

/// Returns multi-head self-attention (Vaswani et al. 2017) [N, D] over a variable-length batch, in which a
/// token attends to its own sequence only: softmax(Q K^T / sqrt(head_dim)) V. `qkv` [N, 3D] has Q, K and V
/// side by side, each head by head. Dropout applies to the probabilities: a row for each token and head,
/// column = place of the key in its sequence.
torch::Tensor varlen_attention(const torch::Tensor& qkv, const Layout& layout, int64_t heads,
                               const BatchDropout& dropout);

/// Returns LayerNorm(residual + dropout(x + bias)) · gamma + beta [N, D], over the last dimension. x and
/// residual are [N, D]; bias, gamma and beta [D]. Dropout: row = token, column = feature.
torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& residual,
                             const torch::Tensor& gamma, const torch::Tensor& beta, double eps,
                             const BatchDropout& dropout);

/// Returns the exact GELU (Hendrycks, Gimpel 2016) of x + bias, for x [N, H] and bias [H].
torch::Tensor bias_gelu(const torch::Tensor& x, const torch::Tensor& bias);

/// Return one embedding per sequence [B, D] from hidden states [N, D]: the mean over the tokens, as in
/// sentence-transformers; the first token; or the maximum over the tokens, feature by feature.
torch::Tensor pool_mean(const torch::Tensor& hidden, const Layout& layout);
torch::Tensor pool_cls(const torch::Tensor& hidden, const Layout& layout);
torch::Tensor pool_max(const torch::Tensor& hidden, const Layout& layout);

namespace reference {
torch::Tensor varlen_attention(const torch::Tensor& qkv, const Layout& layout, int64_t heads,
                               const BatchDropout& dropout);
torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& residual,
                             const torch::Tensor& gamma, const torch::Tensor& beta, double eps,
                             const BatchDropout& dropout);
torch::Tensor bias_gelu(const torch::Tensor& x, const torch::Tensor& bias);
}  // namespace reference

}  // namespace mtnlp
