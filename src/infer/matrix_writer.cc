#include "infer/matrix_writer.h"

#include <charconv>
#include <cmath>
#include <string>

#include "base/error.h"

namespace mtnlp {
namespace {

constexpr size_t kHeaderSize = 128;  // a multiple of 64, with room for any number of rows

}  // namespace

NpyWriter::NpyWriter(std::ostream& out, int64_t columns) : out_(out), columns_(columns) {
  write_header(0);
}

void NpyWriter::write_header(int64_t rows) {
  std::string header("\x93NUMPY\x01\x00", 8);
  const auto size = static_cast<uint16_t>(kHeaderSize - 10);
  header += static_cast<char>(size & 0xff);
  header += static_cast<char>(size >> 8);
  header += str("{'descr': '<f4', 'fortran_order': False, 'shape': (", rows, ", ", columns_, "), }");
  header.resize(kHeaderSize - 1, ' ');
  header += '\n';
  out_.write(header.data(), static_cast<std::streamsize>(header.size()));
}

void NpyWriter::write(std::span<const float> values) {
  out_.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  values_ += static_cast<int64_t>(values.size());
}

void NpyWriter::finish() {
  out_.seekp(0);
  write_header(columns_ == 0 ? 0 : values_ / columns_);
  out_.seekp(0, std::ios::end);
}

void write_csv_numbers(std::ostream& out, std::span<const float> row) {
  std::string line;
  char text[32];
  for (const float value : row) {
    if (!line.empty()) line += ',';
    if (std::isnan(value))
      line += "nan";  // without the sign that std::to_chars would print
    else
      line.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
  out << line << '\n';
}

}  // namespace mtnlp
