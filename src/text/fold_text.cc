#include "text/fold_text.h"

#include <utf8proc.h>

#include "text/segments.h"
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
    } else if (!bad && code == kSegmentMark) {
      space = false;
      folded += kSegmentMark;
    } else {
      if (space && !folded.empty() && folded.back() != kSegmentMark) folded += ' ';
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

std::string without_invisible(std::string_view text) {
  constexpr char32_t kBlankBraille = 0x2800;
  std::string visible;
  bool blank = true;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = decode_utf8(text, at);
    const bool space = is_white_space(c);
    const auto code = static_cast<utf8proc_int32_t>(c);
    const auto category = utf8proc_category(code);
    if (!space && (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
                   utf8proc_get_property(code)->ignorable || c == kBlankBraille))
      continue;
    blank = blank && space;
    visible += text.substr(begin, at - begin);
  }
  return blank ? "" : visible;
}

}  // namespace mtnlp
