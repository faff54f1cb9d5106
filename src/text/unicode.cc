#include "text/unicode.h"

#include <utf8proc.h>

#include "text/unicode_property.h"

namespace mtnlp {
namespace differences = unicode_differences;
using unicode_differences::within;

// ---- UTF-8 ----

char32_t decode_utf8(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const char32_t lead = byte(0);
  const size_t left = text.size() - at;
  char32_t c = kReplacementCharacter;
  size_t length = 1;
  if (lead < 0x80) {
    c = lead;
  } else if (lead >= 0xC2 && lead <= 0xDF) {
    if (left >= 2 && continues(1)) {
      c = (lead & 0x1F) << 6 | (byte(1) & 0x3F);
      length = 2;
    }
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    if (left >= 3 && continues(1) && continues(2)) {
      const char32_t value = (lead & 0x0F) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3F);
      if (value >= 0x800 && (value < 0xD800 || value > 0xDFFF)) {
        c = value;
        length = 3;
      }
    }
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    if (left >= 4 && continues(1) && continues(2) && continues(3)) {
      const char32_t value =
          (lead & 0x07) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3F);
      if (value >= 0x10000 && value <= 0x10FFFF) {
        c = value;
        length = 4;
      }
    }
  }
  at += length;
  return c;
}

bool is_valid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
    } else if (decode_utf8(text, at) == kReplacementCharacter && at == begin + 1) {
      return false;
    }
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (size_t at = 0; at < text.size();) append_utf8(decode_utf8(text, at), out);
  return out;
}

// ---- properties ----

bool is_white_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_word_character(char32_t c) {
  switch (unicode_property(c).category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:  // joiners and circled or squared letters
      return c == 0x200C || c == 0x200D || (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
             (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189) ||
             within(differences::kWord, c);
  }
}

size_t grapheme_length(std::string_view text) {
  size_t at = 0;
  char32_t previous = decode_utf8(text, at);
  utf8proc_int32_t state = 0;
  while (at < text.size()) {
    size_t next = at;
    const char32_t c = decode_utf8(text, next);
    const auto left = static_cast<utf8proc_int32_t>(previous), right = static_cast<utf8proc_int32_t>(c);
    bool boundary = utf8proc_grapheme_break_stateful(left, right, &state);
    if (boundary) {  // U+0301 stands for a mark, U+0600 for a prepended sign
      boundary = !(within(differences::kExtending, c) && !utf8proc_grapheme_break(left, 0x301)) &&
                 !(within(differences::kPrepending, previous) && !utf8proc_grapheme_break(0x600, right));
    } else {
      boundary = within(differences::kNotLeading, previous) ||
                 (within(differences::kNotPrepending, previous) && utf8proc_grapheme_break('a', right));
    }
    if (boundary) break;
    previous = c;
    at = next;
  }
  return at;
}

}  // namespace mtnlp
