// The normalisers of unicode.h: lower case, decompositions, accents, and what BERT makes of a text.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "text/unicode.h"
#include "text/unicode_property.h"

namespace mtnlp {
namespace {

namespace differences = unicode_differences;
using unicode_differences::within;

bool is_dropped(char32_t c, const utf8proc_property_t& p) {
  switch (p.category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CO:
      return true;
    case UTF8PROC_CATEGORY_CF:
      return !within(differences::kNotControl, c);
    default:
      return c == kReplacementCharacter;
  }
}

bool is_nonspacing_mark(char32_t c, const utf8proc_property_t& p) {
  return p.category == UTF8PROC_CATEGORY_MN ? !within(differences::kNotNonspacing, c)
                                            : within(differences::kNonspacing, c);
}

bool is_accent(char32_t c) {
  const auto category = unicode_property(c).category;
  const bool mark = category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
                    category == UTF8PROC_CATEGORY_ME;
  return mark ? !within(differences::kNotAccent, c) : within(differences::kAccent, c);
}

constexpr bool is_ascii_punctuation(unsigned char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

enum CharacterClass : unsigned char { kLetter, kSpace, kPunctuation };
constexpr std::array<CharacterClass, 128> kAsciiClass = [] {
  std::array<CharacterClass, 128> table{};
  for (unsigned char c = 0; c < 128; ++c)
    table[c] = c == ' ' || (c >= 9 && c <= 13) ? kSpace : is_ascii_punctuation(c) ? kPunctuation : kLetter;
  return table;
}();

void append_lower(char32_t c, std::string& out) {
  if (c == 0x130) {
    out += "i\u0307";
    return;
  }
  const auto* range =
      std::lower_bound(std::begin(differences::kLower), std::end(differences::kLower), c,
                       [](const differences::Lower& lower, char32_t x) { return lower.last < x; });
  if (range != std::end(differences::kLower) && range->first <= c) {
    append_utf8(c + static_cast<char32_t>(range->offset), out);
  } else {
    append_utf8(static_cast<char32_t>(utf8proc_tolower(static_cast<int32_t>(c))), out);
  }
}

/// Sends the decomposition of `c` to `sink`, one code point at a time.
template <typename Sink>
void decompose(char32_t c, Decomposition form, Sink sink) {
  const utf8proc_property_t& p = unicode_property(c);
  const bool hangul = c >= 0xAC00 && c <= 0xD7A3;
  const bool canonical = form == Decomposition::kCanonical;
  const bool unknown = canonical ? within(differences::kNoDecomposition, c)  //
                                 : within(differences::kNoCompatibility, c);
  if ((p.decomp_seqindex == UINT16_MAX && !hangul) || (canonical && p.decomp_type != 0) || unknown) {
    sink(c);
    return;
  }
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                      (canonical ? 0 : UTF8PROC_COMPAT));
  std::array<utf8proc_int32_t, 32> parts{};  // the longest decomposition has 18
  int boundary = 0;
  const auto count =
      utf8proc_decompose_char(static_cast<int32_t>(c), parts.data(), parts.size(), options, &boundary);
  for (utf8proc_ssize_t i = 0; i < count; ++i) sink(static_cast<char32_t>(parts[static_cast<size_t>(i)]));
}

int combining_class(char32_t c, const utf8proc_property_t& p) {
  return p.combining_class == 0 || within(differences::kNoCombiningClass, c) ? 0 : p.combining_class;
}

/// Holds back a run of combining marks until the next character of class 0, then gives it ordered by class.
class CanonicalOrder {
 public:
  void hold(char32_t c, int combining_class) { marks_.emplace_back(combining_class, c); }

  template <typename Sink>
  void release(Sink sink) {
    if (marks_.empty()) return;
    std::stable_sort(marks_.begin(), marks_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [order, c] : marks_) sink(c);
    marks_.clear();
  }

 private:
  std::vector<std::pair<int, char32_t>> marks_;
};

/// What the clean-up makes of each ASCII character; kGone when nothing.
constexpr char kGone = static_cast<char>(0xFF);
std::array<char, 128> clean_ascii(const BertCleanUp& options) {
  std::array<char, 128> table{};
  for (int i = 0; i < 128; ++i) {
    char c = static_cast<char>(i);
    if (options.clean_text && (c == '\t' || c == '\n' || c == '\r'))
      c = ' ';
    else if (options.clean_text && (i < 0x20 || i == 0x7F))
      c = kGone;
    else if (options.lowercase && c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + ('a' - 'A'));
    table[static_cast<size_t>(i)] = c;
  }
  return table;
}

}  // namespace

bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_bert_punctuation(char32_t c) {
  if (c < 0x80) return is_ascii_punctuation(static_cast<unsigned char>(c));
  const auto category = unicode_property(c).category;
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO
             ? !within(differences::kNotPunctuation, c)
             : within(differences::kPunctuation, c);
}

void append_lower(std::string_view text, std::string& out) {
  for (size_t at = 0; at < text.size();) append_lower(decode_utf8(text, at), out);
}

void append_decomposed(std::string_view text, Decomposition form, std::string& out) {
  const auto emit = [&out](char32_t c) { append_utf8(c, out); };
  CanonicalOrder order;
  for (size_t at = 0; at < text.size();) {
    decompose(decode_utf8(text, at), form, [&](char32_t c) {
      if (const int mark = combining_class(c, unicode_property(c)); mark != 0) {
        order.hold(c, mark);
      } else {
        order.release(emit);
        emit(c);
      }
    });
  }
  order.release(emit);
}

void append_without_accents(std::string_view text, std::string& out) {
  for (size_t at = 0; at < text.size();)
    if (const char32_t c = decode_utf8(text, at); !is_accent(c)) append_utf8(c, out);
}

void append_cleaned_up(std::string_view text, const BertCleanUp& options, std::string& out) {
  const auto ascii = clean_ascii(options);
  const auto emit = [&](char32_t c) { options.lowercase ? append_lower(c, out) : append_utf8(c, out); };
  CanonicalOrder order;
  const auto decomposed = [&](char32_t c) {
    const utf8proc_property_t& p = unicode_property(c);
    const bool dropped = is_nonspacing_mark(c, p);
    if (const int mark = combining_class(c, p); mark == 0) {
      order.release(emit);
      if (!dropped) emit(c);
    } else if (!dropped) {
      order.hold(c, mark);
    }
  };
  for (size_t at = 0; at < text.size();) {
    if (const auto byte = static_cast<unsigned char>(text[at]); byte < 0x80) {
      ++at;
      if (ascii[byte] == kGone) continue;
      order.release(emit);
      out.push_back(ascii[byte]);
      continue;
    }
    const char32_t c = decode_utf8(text, at);
    if (options.clean_text && is_dropped(c, unicode_property(c))) continue;
    const bool space = options.clean_text && is_white_space(c);
    const bool spaced = options.tokenize_chinese_chars && is_chinese(c);
    if (space || spaced) {
      order.release(emit);
      out.push_back(' ');
    }
    if (space) continue;
    if (options.strip_accents) {
      decompose(c, Decomposition::kCanonical, decomposed);
    } else {
      emit(c);
    }
    if (spaced) out.push_back(' ');
  }
  order.release(emit);
}

std::string_view next_bert_word(std::string_view text, size_t& at) {
  size_t begin = at;
  while (at < text.size()) {
    const size_t here = at;
    CharacterClass kind;
    if (const auto byte = static_cast<unsigned char>(text[at]); byte < 0x80) {
      kind = kAsciiClass[byte];
      ++at;
    } else {
      const char32_t c = decode_utf8(text, at);
      kind = is_white_space(c) ? kSpace : is_bert_punctuation(c) ? kPunctuation : kLetter;
    }
    if (kind == kLetter) continue;
    if (begin < here) {
      at = here;
      return text.substr(begin, here - begin);
    }
    if (kind == kPunctuation) return text.substr(here, at - here);
    begin = at;
  }
  return text.substr(begin);
}

}  // namespace mtnlp
