#include "hub/int8_matrix.h"

#include <algorithm>
#include <cmath>

namespace mtnlp {
namespace {

/// Returns `value`, of at most 2^22 in size, rounded to the nearest whole number, half to even: as nearbyint, but
/// without a call.
float rounded(float value) {
  constexpr float kShift = 0x1.8p23F;  // above it floats are whole numbers
  return (value + kShift) - kShift;
}

}  // namespace

Int8Matrix quantize(std::span<const float> matrix, size_t columns) {
  const size_t rows = columns == 0 ? 0 : matrix.size() / columns;
  Int8Matrix result{std::vector<int8_t>(matrix.size()), std::vector<float>(rows), std::vector<float>(rows)};
  for (size_t row = 0; row < rows; ++row) {
    const std::span<const float> from = matrix.subspan(row * columns, columns);
    float largest = 0;
    for (const float value : from) largest = std::max(largest, std::abs(value));
    const float scale = largest > 0 ? largest / 127 : 1;  // of a row of zeros any would do
    int32_t sum = 0;
    for (size_t i = 0; i < columns; ++i) {
      const auto value = static_cast<int8_t>(std::clamp(rounded(from[i] / scale), -127.0F, 127.0F));
      result.values[row * columns + i] = value;
      sum += value;
    }
    result.scales[row] = scale;
    result.sums[row] = static_cast<float>(sum) * scale;
  }
  return result;
}

}  // namespace mtnlp
