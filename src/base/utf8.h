// UTF-8, one code point at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mtnlp {

/// A code point and its length in bytes, 0 when there is none.
struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;
};

/// Reads the first code point of `text`, which is not empty; length 0 when the first byte starts no
/// well-formed sequence (Unicode 15, table 3-7).
CodePoint first_code_point(std::string_view text);

void append_utf8(char32_t c, std::string& out);

}  // namespace mtnlp
