#include <utf8proc.h>

#include "data/dataset.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

void append_folded(utf8proc_int32_t code, std::string& folded) {
  if (code < 0x80) {
    folded += static_cast<char>(code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code);
    return;
  }
  utf8proc_int32_t codes[8];
  int last_boundclass = 0;
  const auto count = utf8proc_decompose_char(code, codes, 8, UTF8PROC_CASEFOLD, &last_boundclass);
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(codes[i], bytes);
    folded.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
}

}  // namespace

std::string fold_text(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool space = false;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (auto left = static_cast<utf8proc_ssize_t>(text.size()); left > 0;) {
    utf8proc_int32_t code;
    utf8proc_ssize_t size = utf8proc_iterate(at, left, &code);
    const bool bad = size <= 0;  // such a byte stays as it is
    if (bad) size = 1;
    if (!bad && is_white_space(static_cast<char32_t>(code))) {
      space = true;
    } else {
      if (space && !folded.empty()) folded += ' ';
      space = false;
      if (bad) {
        folded += static_cast<char>(*at);
      } else {
        append_folded(code, folded);
      }
    }
    at += size;
    left -= size;
  }
  return folded;
}

}  // namespace mtnlp
