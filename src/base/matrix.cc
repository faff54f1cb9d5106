#include "base/matrix.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace mtnlp {

bool all_finite(std::span<const float> values) {
  constexpr uint32_t kExponent = 0x7F800000;
  uint32_t found = 0;  // integers, so that the compiler may take many at once
  for (const float value : values)
    found |= static_cast<uint32_t>((std::bit_cast<uint32_t>(value) & kExponent) == kExponent);
  return found == 0;
}

std::ptrdiff_t first_not_finite(const Matrix& matrix) {
  if (all_finite(matrix.values)) return -1;
  for (size_t row = 0; row < matrix.rows; ++row)
    if (!all_finite(matrix.row(row))) return static_cast<std::ptrdiff_t>(row);
  return -1;
}

std::ptrdiff_t scale_to_length_1(Matrix& matrix) {
  for (size_t row = 0; row < matrix.rows; ++row) {
    double sum = 0;
    for (const float value : matrix.row(row)) sum += static_cast<double>(value) * value;
    const auto length = static_cast<float>(std::sqrt(sum));
    if (std::isinf(length)) return static_cast<std::ptrdiff_t>(row);
    for (float& value : matrix.row(row)) value /= std::max(length, 1e-12F);
  }
  return -1;
}

}  // namespace mtnlp
