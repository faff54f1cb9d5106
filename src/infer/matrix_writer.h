// A float matrix written row by row, its height unknown until the end.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>

namespace mtnlp {

/// NumPy's .npy format, version 1.0: little-endian float32, C order, [rows, columns]. The header leaves room
/// for the height, which `finish` fills in, so `out` must be seekable.
class NpyWriter {
 public:
  NpyWriter(std::ostream& out, int64_t columns);
  void write(std::span<const float> values);  ///< whole rows
  void finish();

 private:
  void write_header(int64_t rows);
  std::ostream& out_;
  int64_t columns_, values_ = 0;
};

/// Writes one row as CSV numbers that read back equal, NaN as nan, with its line end.
void write_csv_numbers(std::ostream& out, std::span<const float> row);

}  // namespace mtnlp
