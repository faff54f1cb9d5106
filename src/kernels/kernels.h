// Vector kernels on the CPU, on raw pointers: no torch, no threads, no state. Highway compiles each
// for several instruction sets and picks one at run time. Callers share out the work by ranges; what is
// written for an item depends on that item alone, so a result does not depend on the number of threads.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "kernels/dropout.h"

namespace mtnlp::kernels {

/// Matrices lie row by row without gaps; their columns (for attention: those of a head) are a multiple of
/// this.
constexpr int64_t kColumnMultiple = 8;

/// The upper half of a float.
struct BFloat16 {
  uint16_t bits;
  explicit operator float() const { return std::bit_cast<float>(uint32_t{bits} << 16); }
};

/// What comes from a product, or goes into one, is in the product's type; all of a call's are in the same.
/// The kernels compute in float, and a result is rounded once, to nearest even.
using Numbers = std::variant<float*, BFloat16*>;
using ConstNumbers = std::variant<const float*, const BFloat16*>;

/// A variable-length batch as attention sees it. An item is one head of one sequence: item = sequence · heads + head.
struct AttentionBatch {
  const int64_t* offsets;  ///< sequence b holds tokens offsets[b] to offsets[b+1]
  size_t heads, head_dim;
  Dropout dropout;  ///< a row for each token and head, column = place of the key
};

/// Items first to last - 1. qkv [N, 3D] → out [N, D], D = heads · head_dim. With `log_sums` [N, heads] also
/// the logarithm of each softmax's denominator, which the backward pass needs; null: not wanted.
void attention_forward(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv, Numbers out,
                       float* log_sums);

/// From d_out [N, D], the gradient of the result, to d_qkv [N, 3D]. Probabilities and dropout are computed
/// again.
void attention_backward(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv,
                        const float* log_sums, ConstNumbers d_out, Numbers d_qkv);

struct LayerNorm {
  size_t columns;
  const float *bias, *gamma, *beta;  ///< [columns]
  float eps;
  Dropout dropout;  ///< row = token
};

/// Rows first to last - 1: out = normal · gamma + beta, where normal is residual + dropout(x + bias) with
/// mean 0 and variance 1. `normal` [rows, columns] and `inverse_deviations` [rows] are for the backward pass;
/// null: not wanted.
void layer_norm_forward(const LayerNorm& norm, size_t first, size_t last, ConstNumbers x,
                        const float* residual, float* out, float* normal, float* inverse_deviations);

/// Gradients of rows first to last - 1, and sums over these rows. d_x may hold null: not wanted. d_bias,
/// d_gamma, d_beta [columns] are overwritten.
void layer_norm_backward(const LayerNorm& norm, size_t first, size_t last, const float* d_out,
                         const float* normal, const float* inverse_deviations, Numbers d_x, float* d_residual,
                         float* d_bias, float* d_gamma, float* d_beta);

/// Rows first to last - 1: out = gelu(x + bias), absolute error below 1e-6 where |gelu| < 1.
void gelu_forward(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias, Numbers out);

/// d_x, and its sum over these rows, d_bias [columns].
void gelu_backward(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias,
                   ConstNumbers d_out, Numbers d_x, float* d_bias);

// ---- products with a weight that stays: x · weight^T ----

/// Outputs that lie side by side in a prepacked weight, and bytes of an output's row that do.
constexpr size_t kPanel = 64, kInt8Group = 4;

/// How many numbers a prepacked weight, or what goes with its outputs, is long: outputs up to whole panels.
constexpr size_t padded(size_t outputs) {
  return (outputs + kPanel - 1) / kPanel * kPanel;
}

/// A weight [outputs, columns] in the order in which product reads it, and what is added; `columns` is a
/// multiple of kColumnMultiple. For int8 see Int8Matrix.
template <typename Number>
struct PrepackedWeight {
  size_t outputs, columns;
  const Number* values;        ///< [padded(outputs) · columns], from prepack
  const float* bias;           ///< [padded(outputs)]
  const float *scales, *sums;  ///< [padded(outputs)], int8 only
};

/// weight [outputs, columns] to prepacked [padded(outputs) · columns]: panel by panel, in each column by column
/// (for bytes: kInt8Group columns by as many) what its outputs have there.
void prepack(size_t outputs, size_t columns, const float* weight, float* prepacked);
void prepack(size_t outputs, size_t columns, const int8_t* weight, int8_t* prepacked);

/// Rows in bytes, each over its own range: x ≈ values · scale + low, where the least of a row becomes 0 and
/// the largest 255 (for a row of equal numbers: values 0, scale 1).
struct QuantizedRows {
  uint8_t* values;       ///< [rows, columns]
  float *scales, *lows;  ///< [rows]
};
void quantize_rows(size_t columns, size_t rows, const float* x, const QuantizedRows& to);

/// out [rows, outputs] = x · weight^T + bias, of it GELU (see gelu_forward) if asked. Products of bytes are
/// summed in 32-bit integers.
void product(const PrepackedWeight<float>& weight, size_t rows, const float* x, bool gelu, float* out);
void product(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x, bool gelu,
             float* out);

}  // namespace mtnlp::kernels
