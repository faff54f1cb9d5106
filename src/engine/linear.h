// A linear layer on the CPU: x · weight^T + bias, with a prepacked weight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/precision.h"
#include "kernels/kernels.h"

namespace mtnlp {

/// A weight [outputs, columns] and its bias, prepacked once for the kernels. Thread-safe after construction.
///
/// int8: each row of x is quantised over its own range (asymmetric, since outputs of GELU are mostly
/// positive), and products are summed in 32-bit integers. bf16: weight and x are rounded to bfloat16, and
/// products are summed in float; fast where kernels::has_bfloat16_products, else a product of floats. The result
/// for a row depends on no other row.
class Linear {
 public:
  Linear() = default;
  /// Prepacks `weight` [outputs, columns]; an empty `bias` counts as 0. Throws Error for kInt8 unless
  /// `columns` is a multiple of kernels::kColumnMultiple.
  Linear(Precision precision, size_t outputs, std::span<const float> weight,
         std::span<const float> bias = {});

  size_t outputs() const { return outputs_; }
  size_t columns() const { return columns_; }

  /// Writes the product of `x` [rows, columns] to `out` [rows, outputs], in the caller's thread.
  void forward(size_t rows, const float* x, float* out) const;
  /// Does the same and applies GELU.
  void forward_gelu(size_t rows, const float* x, float* out) const;

 private:
  void product(size_t rows, const float* x, bool gelu, float* out) const;
  void product_of_floats(size_t rows, const float* x, bool gelu, float* out) const;
  void product_of_bytes(size_t rows, const float* x, bool gelu, float* out) const;
  void product_of_bfloats(size_t rows, const float* x, bool gelu, float* out) const;

  Precision precision_ = Precision::kFp32;
  size_t outputs_ = 0, columns_ = 0;
  bool plain_ = false;         ///< sizes that the kernels do not take: values_ is not prepacked
  std::vector<float> values_;  ///< prepacked, see kernels::PrepackedWeight
  std::vector<kernels::BFloat16> bfloats_;
  std::vector<int8_t> bytes_;
  std::vector<float> bias_, scales_, sums_;
};

}  // namespace mtnlp
