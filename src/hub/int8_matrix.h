// A matrix in 8 bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mtnlp {

/// Each row has its own scale: matrix[o, i] ≈ values[o, i] · scales[o], where the largest magnitude of a row
/// is 127 (symmetric, as in Jacob et al. 2018; -128 is not used).
struct Int8Matrix {
  std::vector<int8_t> values;  ///< [rows, columns]
  std::vector<float> scales;   ///< [rows]
  std::vector<float> sums;     ///< [rows]: sum of a row's values, times its scale
};

/// Returns `matrix` [rows, columns] in 8 bits. What is read back from such a matrix gives the same values.
Int8Matrix quantize(std::span<const float> matrix, size_t columns);

}  // namespace mtnlp
