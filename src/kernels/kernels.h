// Vector kernels for the CPU, on raw pointers: no torch, no threads, no state. Highway compiles each for
// several instruction sets and chooses one at run time. Callers cut the work into ranges; the result for an
// item depends on that item alone, so results do not depend on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "base/floats.h"
#include "kernels/dropout.h"

namespace mtnlp::kernels {

/// The number of columns of a matrix (for attention: of a head) must be a multiple of this. Matrices lie row
/// by row without gaps.
constexpr int64_t kColumnMultiple = 8;

/// A bfloat16: the upper 16 bits of a float.
struct BFloat16 {
  uint16_t bits;
  explicit operator float() const { return from_bfloat16(bits); }
};

/// Operands and results of matrix products, float or bfloat16; all of one call have the same type. The
/// kernels compute in float and round a result once, to nearest even.
using Numbers = std::variant<float*, BFloat16*>;
using ConstNumbers = std::variant<const float*, const BFloat16*>;

/// A variable-length batch for attention. An item is one head of one sequence: item = sequence · heads +
/// head.
struct AttentionBatch {
  const int64_t* offsets;  ///< sequence b has tokens offsets[b] to offsets[b+1] - 1
  size_t heads, head_dim;
  Dropout dropout;  ///< row for each token and head, column = place of the key
};

/// Computes attention for items `first` to `last` - 1: out [N, D] from qkv [N, 3D], D = heads · head_dim.
/// Also writes the logarithm of each softmax denominator, which the backward pass needs, to `log_sums` [N,
/// heads] unless it is null.
void attention_forward(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv, Numbers out,
                       float* log_sums);

/// Computes the gradient d_qkv [N, 3D] from d_out [N, D], that of the result. Computes probabilities and
/// dropout again.
void attention_backward(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv,
                        const float* log_sums, ConstNumbers d_out, Numbers d_qkv);

/// The parameters of a LayerNorm over residual + dropout(x + bias).
struct LayerNorm {
  size_t columns;
  const float *bias, *gamma, *beta;  ///< [columns]
  float eps;
  Dropout dropout;  ///< row = token
};

/// Computes out = normal · gamma + beta for rows `first` to `last` - 1, where normal is residual + dropout(x
/// + bias) scaled to mean 0 and variance 1. Also writes `normal` [rows, columns] and `inverse_deviations`
/// [rows], which the backward pass needs; null: not.
void layer_norm_forward(const LayerNorm& norm, size_t first, size_t last, ConstNumbers x,
                        const float* residual, float* out, float* normal, float* inverse_deviations);

/// Computes the gradients of rows `first` to `last` - 1. d_bias, d_gamma and d_beta [columns] are overwritten
/// with the sums over these rows. `d_x` may hold null: it is then not written.
void layer_norm_backward(const LayerNorm& norm, size_t first, size_t last, const float* d_out,
                         const float* normal, const float* inverse_deviations, Numbers d_x, float* d_residual,
                         float* d_bias, float* d_gamma, float* d_beta);

/// Computes out = gelu(x + bias) for rows `first` to `last` - 1. The absolute error is below 1e-6 where
/// |gelu| < 1.
void gelu_forward(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias, Numbers out);

/// Computes d_x for rows `first` to `last` - 1, and its sum over these rows, d_bias [columns].
void gelu_backward(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias,
                   ConstNumbers d_out, Numbers d_x, float* d_bias);

// ---- products with a prepacked weight: x · weight^T ----

/// The most outputs that lie side by side in a prepacked weight, and neighbouring int8 values of one output that
/// do.
constexpr size_t kPanel = 64, kInt8Group = 4;

/// Returns `outputs` rounded up to whole panels: the length of arrays with a number for each output.
constexpr size_t padded(size_t outputs) {
  return (outputs + kPanel - 1) / kPanel * kPanel;
}

/// A weight [outputs, columns] in the order in which `product` reads it, and its bias. `columns` is a
/// multiple of kColumnMultiple. For int8, `scales` and `sums` are those of Int8Matrix.
template <typename Number>
struct PrepackedWeight {
  size_t outputs, columns;
  const Number* values;                            ///< [padded(outputs) · columns], from prepack
  const float* bias;                               ///< [padded(outputs)]
  const float *scales = nullptr, *sums = nullptr;  ///< [padded(outputs)], int8 only
};

/// Copies `weight` [outputs, columns] to `prepacked` [padded(outputs) · columns]: panel by panel, as wide as the
/// vectors of this CPU want it; in a panel column by column (by groups of columns that are multiplied at once, of
/// int8 kInt8Group, of bfloat16 2); in a column output by output. Missing outputs are 0.
void prepack(size_t outputs, size_t columns, const float* weight, float* prepacked);
void prepack(size_t outputs, size_t columns, const int8_t* weight, int8_t* prepacked);
void prepack(size_t outputs, size_t columns, const BFloat16* weight, BFloat16* prepacked);

/// Rows in 8 bits, each over its own range: x ≈ values · scale + low. The least number of a row becomes 0,
/// the largest largest_byte(); a row of equal numbers has values 0 and scale 1.
struct QuantizedRows {
  uint8_t* values;       ///< [rows, columns]
  float *scales, *lows;  ///< [rows]
};
/// Returns 255, or 127 on a CPU whose products of bytes would overflow (all with vectors but without VNNI).
int largest_byte();
/// Quantises `x` [rows, columns].
void quantize_rows(size_t columns, size_t rows, const float* x, const QuantizedRows& to);

/// Says whether this CPU multiplies bfloat16 numbers faster than floats (AMX, or AVX512_BF16 of AMD). Only then may
/// prepack and product of these be called.
bool has_bfloat16_products();
/// Rounds `count` numbers, a multiple of kColumnMultiple, to nearest even.
void round_to_bfloat16(size_t count, const float* x, BFloat16* to);

/// Computes out [rows, outputs] = x · weight^T + bias, and its GELU (see gelu_forward) when `gelu`. Products
/// of int8 values are summed in 32-bit integers, others in float.
void product(const PrepackedWeight<float>& weight, size_t rows, const float* x, bool gelu, float* out);
void product(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x, bool gelu,
             float* out);
void product(const PrepackedWeight<BFloat16>& weight, size_t rows, const BFloat16* x, bool gelu, float* out);

}  // namespace mtnlp::kernels
