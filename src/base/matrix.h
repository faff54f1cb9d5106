// A dense matrix of floats on the host.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace mtnlp {

/// `rows` rows of `columns` floats, one after another.
struct Matrix {
  size_t rows = 0, columns = 0;
  std::vector<float> values;  ///< [rows, columns]

  Matrix() = default;
  Matrix(size_t row_count, size_t column_count, float value = 0)
      : rows(row_count), columns(column_count), values(row_count * column_count, value) {}

  std::span<float> row(size_t index) { return {values.data() + index * columns, columns}; }
  std::span<const float> row(size_t index) const { return {values.data() + index * columns, columns}; }
};

/// A view of floats, with the owner of their memory.
struct SharedFloats {
  std::span<const float> values;
  std::shared_ptr<const void> owner = {};  ///< keeps the memory; null when something else does
};

/// Returns the index of the first row with a number that is not finite, -1 when there is none.
std::ptrdiff_t first_not_finite(const Matrix& matrix);
/// Scales each row to length 1 in the Euclidean norm, one of zeros not at all. Returns the index of the first
/// row whose length overflows, -1 when there is none.
std::ptrdiff_t scale_to_length_1(Matrix& matrix);
/// Returns whether all numbers are finite.
bool all_finite(std::span<const float> values);

}  // namespace mtnlp
