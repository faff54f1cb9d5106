// A matrix product with a weight that stays: x · weight^T + bias, on the CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/precision.h"

namespace mtnlp {

/// A weight [outputs, columns] and its bias, prepacked once for the kernels; const, for any number of
/// threads.
///
/// In 8 bits each row of x is quantised over its own range (asymmetric, since what comes from GELU is hardly
/// negative), and products are summed in 32-bit integers. In bf16 weight, x and result are rounded to
/// bfloat16 and the product is one of floats: right, and no faster than fp32. A row's result depends on no
/// other row.
class Linear {
 public:
  Linear() = default;
  /// An empty `bias` counts as 0. Throws Error for kInt8 where `columns` is not a multiple of
  /// kernels::kColumnMultiple.
  Linear(Precision precision, size_t outputs, std::span<const float> weight,
         std::span<const float> bias = {});

  size_t outputs() const { return outputs_; }
  size_t columns() const { return columns_; }

  /// x [rows, columns] → out [rows, outputs], in the caller's thread.
  void forward(size_t rows, const float* x, float* out) const;
  /// The same, and GELU of it. In bf16 the result of the product is rounded before GELU and after.
  void forward_gelu(size_t rows, const float* x, float* out) const;

 private:
  void product(size_t rows, const float* x, bool gelu, float* out) const;

  Precision precision_ = Precision::kFp32;
  size_t outputs_ = 0, columns_ = 0;
  bool plain_ = false;         ///< a size that the kernels do not take: values_ lie as they came
  std::vector<float> values_;  ///< as kernels::PrepackedWeight has them
  std::vector<int8_t> bytes_;
  std::vector<float> bias_, scales_, sums_;
};

}  // namespace mtnlp
