// The operations of a layer in plain loops, for sizes that the vector kernels do not take. Slow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mtnlp::plain {

/// Replaces `values` by their exact GELU (Hendrycks, Gimpel 2016).
void gelu(std::span<float> values);

/// Computes out [rows, outputs] = x · weight^T + bias for weight [outputs, columns], and its GELU when
/// `gelu`.
void product(size_t outputs, size_t columns, const float* weight, const float* bias, size_t rows,
             const float* x, bool gelu, float* out);

/// Computes multi-head self-attention (Vaswani et al. 2017), out [N, D] from qkv [N, 3D], for items `first`
/// to `last` - 1, where item = sequence · heads + head. Sequence b has tokens offsets[b] to offsets[b+1] - 1.
void attention(const int64_t* offsets, size_t heads, size_t head_dim, size_t first, size_t last,
               const float* qkv, float* out);

/// Computes out [rows, columns] = LayerNorm(residual + x + bias) · gamma + beta.
void layer_norm(size_t columns, const float* bias, const float* gamma, const float* beta, float eps,
                size_t rows, const float* x, const float* residual, float* out);

}  // namespace mtnlp::plain
