// The matrix products of the encoder's layers: x · weight^T + bias, in each precision.
#pragma once

#include <torch/types.h>

#include "network/precision.h"

namespace mtnlp {

/// A matrix in 8 bits, each row with its own scale: matrix[o, i] ≈ values[o, i] · scales[o], where the
/// largest magnitude of a row is 127 (symmetric, as in Jacob et al. 2018; -128 is not used).
struct Int8Matrix {
  torch::Tensor values;  ///< int8 [rows, columns]
  torch::Tensor scales;  ///< float [rows]
  torch::Tensor sums;    ///< float [rows], of the row as to_float gives it

  bool defined() const { return values.defined(); }
  torch::Tensor to_float() const;
};

/// Quantising what to_float gives returns the same values.
Int8Matrix quantize(const torch::Tensor& matrix);

/// x [N, in] · weight^T + bias: weight [out, in], bias [out] or undefined → [N, out]. In kFp32 all are float;
/// in kBf16 what is not in bfloat16 is rounded to it, and so is the result.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     Precision precision);

/// A weight [out, in] and its bias as inference uses them: packed once for the kernel, in float or in 8 bits.
/// No gradient, CPU only; both sizes are multiples of kernels::kColumnMultiple.
///
/// In 8 bits each row of x is quantised over its own range (asymmetric, since what comes from GELU is hardly
/// negative), and products are summed in 32-bit integers. In either form a row's result does not depend on
/// the other rows or on the number of threads.
class PackedLinear {
 public:
  /// An undefined bias counts as 0. The tensors may go afterwards.
  PackedLinear(const torch::Tensor& weight, const torch::Tensor& bias);
  PackedLinear(const Int8Matrix& weight, const torch::Tensor& bias);

  /// x float [N, in] → float [N, out]
  torch::Tensor forward(const torch::Tensor& x) const;
  /// Both layers of a feed-forward block: x → down(GELU(this(x))), with `inner` values made in the cache.
  torch::Tensor feed_forward(const torch::Tensor& x, const PackedLinear& down) const;

 private:
  PackedLinear(const torch::Tensor& values, const torch::Tensor& bias, int64_t outputs);
  /// `rows` rows of x to `out`
  void product(int64_t rows, const float* x, bool gelu, float* out) const;

  int64_t outputs_, columns_;
  torch::Tensor values_, bias_;  ///< as kernels::PackedWeight has them
  torch::Tensor scales_, sums_;  ///< defined in 8 bits
};

}  // namespace mtnlp
