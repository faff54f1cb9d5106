// The matrix products of the encoder's layers: x · weight^T + bias, in each precision.
#pragma once

#include <torch/types.h>

#include "mtnlp/model/precision.h"

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

/// x [N, in] · weight^T + bias: weight [out, in], bias [out] or undefined; the result is float [N, out]. For
/// kFp32 and kBf16.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     Precision precision);

/// The same with a weight in 8 bits. Each row of x is quantised over its own range (asymmetric, since what
/// comes from GELU is hardly negative), so that a row's result does not depend on the others; products are
/// summed in 32-bit integers. No gradient.
torch::Tensor linear(const torch::Tensor& x, const Int8Matrix& weight, const torch::Tensor& bias);

}  // namespace mtnlp
