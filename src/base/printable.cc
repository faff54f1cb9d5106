#include "mtnlp/base/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include <utf8proc.h>

#include "mtnlp/base/error.h"

namespace mtnlp {
namespace {

/// The code point at the start of `text` and its length in bytes; length 0 when the first byte starts no
/// well-formed sequence (Unicode 15, table 3-7).
struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;
};

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : (lead & 0xF0) == 0xE0        ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (length == 0 || text.size() < length) return {};
  uint32_t value = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, length};
}

bool is_hidden(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x061C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

void append_escape(const char* format, uint32_t value, std::string& out) {
  std::array<char, 16> escape{};
  std::snprintf(escape.data(), escape.size(), format, value);
  out += escape.data();
}

}  // namespace

std::string printable(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const auto [c, length] = first_code_point(text);
    if (length == 0) {
      append_escape("\\x%02x", static_cast<unsigned char>(text[0]), line);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      line += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (is_hidden(c)) {
      append_escape(c < 0x80 ? "\\x%02x" : "\\u{%x}", c, line);
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return line;
}

std::string shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string shown(std::string_view text) {
  return '"' + shortened(printable(text), 60) + '"';
}

std::string few_of(const std::vector<std::string>& items) {
  constexpr size_t kMost = 3;
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), kMost); ++i) text += (i == 0 ? "" : ", ") + items[i];
  return items.size() > kMost ? str(text, " and ", items.size() - kMost, " more") : text;
}

size_t printed_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto [c, length] = first_code_point(text);
    width += length == 0 ? 1 : static_cast<size_t>(utf8proc_charwidth(static_cast<utf8proc_int32_t>(c)));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return width;
}

}  // namespace mtnlp
