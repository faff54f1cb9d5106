#include "fold_text.h"

#include <utf8proc.h>

#include "mtnlp/data/dataset.h"

namespace mtnlp {
namespace {

/// White_Space of Unicode.
bool is_space(utf8proc_int32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  const utf8proc_category_t category = utf8proc_category(code);
  return code == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

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

std::string fold_text(std::string_view text, size_t* bad_bytes) {
  std::string folded;
  folded.reserve(text.size());
  bool space = false;
  *bad_bytes = 0;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code;
    utf8proc_ssize_t size = utf8proc_iterate(at, left, &code);
    const bool bad = size <= 0;
    if (bad) size = 1;
    if (!bad && is_space(code)) {
      space = true;
    } else {
      if (space && !folded.empty()) folded += ' ';
      space = false;
      if (bad) {
        ++*bad_bytes;
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

std::string fold_text(std::string_view text) {
  size_t bad_bytes;
  return fold_text(text, &bad_bytes);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace mtnlp
