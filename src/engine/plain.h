// The operations of a layer in plain loops, for sizes that the vector kernels do not take: right, and slow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mtnlp::plain {

/// In place: the exact GELU (Hendrycks, Gimpel 2016).
void gelu(std::span<float> values);

/// out [rows, outputs] = x · weight^T + bias, of it GELU if asked; weight [outputs, columns].
void product(size_t outputs, size_t columns, const float* weight, const float* bias, size_t rows,
             const float* x, bool gelu, float* out);

/// Multi-head self-attention of sequences (Vaswani et al. 2017), items first to last - 1 (item = sequence ·
/// heads + head): qkv [N, 3D] → out [N, D]; sequence b holds tokens offsets[b] to offsets[b+1].
void attention(const int64_t* offsets, size_t heads, size_t head_dim, size_t first, size_t last,
               const float* qkv, float* out);

/// out [rows, columns] = LayerNorm(residual + x + bias) · gamma + beta.
void layer_norm(size_t columns, const float* bias, const float* gamma, const float* beta, float eps,
                size_t rows, const float* x, const float* residual, float* out);

}  // namespace mtnlp::plain
