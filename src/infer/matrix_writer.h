// Writers of float matrices, row by row; the number of rows is known only at the end.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>

namespace mtnlp {

/// Writes NumPy's .npy format, version 1.0: little-endian float32 in C order, [rows, columns]. `finish` fills
/// the number of rows into the header, so `out` must be seekable.
class NpyWriter {
 public:
  NpyWriter(std::ostream& out, int64_t columns);
  void write(std::span<const float> values);  ///< writes whole rows
  void finish();

 private:
  void write_header(int64_t rows);
  std::ostream& out_;
  int64_t columns_, values_ = 0;
};

/// Writes a row as a line of CSV: the shortest numbers that read back equal, and nan for NaN.
void write_csv_numbers(std::ostream& out, std::span<const float> row);

}  // namespace mtnlp
