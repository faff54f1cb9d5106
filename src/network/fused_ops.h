// The operations of network/ops.h on the kernels of kernels/kernels.h, with gradients.
#pragma once

#include "network/ops.h"

namespace mtnlp::fused {

/// Returns whether the kernels take `x`, whose rows or heads have so many `columns`: it must be float or
/// bfloat16, on the CPU and not empty, and `columns` a multiple of 8.
bool supports(const torch::Tensor& x, int64_t columns);

torch::Tensor varlen_attention(const torch::Tensor& qkv, const Layout& layout, int64_t heads,
                               const BatchDropout& dropout);
torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& residual,
                             const torch::Tensor& gamma, const torch::Tensor& beta, double eps,
                             const BatchDropout& dropout);
torch::Tensor bias_gelu(const torch::Tensor& x, const torch::Tensor& bias);

}  // namespace mtnlp::fused
