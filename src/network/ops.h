// The operations an encoder layer is made of. Each has a plain ATen form (namespace reference), which is the
// definition and runs on any device and dtype, and a fused CPU kernel that is tested equal to it. The
// functions outside `reference` choose.
//
// What stands between two products may be in bfloat16, as these are (`qkv` and `x` below, and the gradients
// of both). It is computed with in float; attention and GELU return what they got, add_layer_norm float.
#pragma once

#include <torch/types.h>

#include "engine/precision.h"
#include "kernels/dropout.h"
#include "network/layout.h"

namespace mtnlp {

/// Where dropout falls in a batch: a place, and the tokens.
struct BatchDropout {
  double rate = 0;            ///< Dropout::rate
  uint64_t key = 0;           ///< Dropout::key
  torch::Tensor tokens = {};  ///< int64 [N] on the host, Dropout::tokens; undefined: their indices

  bool active() const { return rate > 0; }
  /// Returns the same for the kernels; `tokens` must outlive it.
  Dropout of_tokens() const;
};

/// Returns [tokens · parts, columns] float of 0 and the scale, row token · parts + part: what the elements of a
/// matrix are multiplied with.
torch::Tensor dropout_mask(const BatchDropout& dropout, int64_t tokens, int64_t columns, int64_t parts = 1,
                           torch::Device device = torch::kCPU);

/// x [N, in] · weight^T + bias: weight [out, in], bias [out] or undefined → [N, out]. In kFp32 all are float;
/// in kBf16 what is not in bfloat16 is rounded to it, and so is the result.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     Precision precision);

/// Multi-head self-attention of packed sequences (Vaswani et al. 2017), each over its own tokens only:
/// softmax(Q K^T / sqrt(head_dim)) V. `qkv` [N, 3D] holds Q, K, V side by side, heads inside each. Returns
/// [N, D]. Dropout falls on the probabilities: a row for each token and head, column = place of the key in
/// its sequence.
torch::Tensor varlen_attention(const torch::Tensor& qkv, const Layout& layout, int64_t heads,
                               const BatchDropout& dropout);

/// LayerNorm(residual + dropout(x + bias)) · gamma + beta over the last dimension. x, residual [N, D]; bias,
/// gamma, beta [D]; dropout row = token, column = feature.
torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& residual,
                             const torch::Tensor& gamma, const torch::Tensor& beta, double eps,
                             const BatchDropout& dropout);

/// Exact GELU (Hendrycks, Gimpel 2016) of x + bias: x [N, H], bias [H].
torch::Tensor bias_gelu(const torch::Tensor& x, const torch::Tensor& bias);

/// One embedding per sequence: [N, D] → [B, D]. Mean is sum / length as in sentence-transformers; cls takes
/// the first token; max is over tokens, feature by feature.
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
