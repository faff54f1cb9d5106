#include "base/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include <utf8proc.h>

#include "base/error.h"
#include "base/utf8.h"

namespace mtnlp {
namespace {

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
