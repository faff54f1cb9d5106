// Unicode as the Rust `tokenizers` library sees it: its properties come from crates of different ages, so
// that they differ from utf8proc's in places (src/text/unicode_differences.h). Everything here gives valid
// UTF-8 and takes any bytes: a byte that belongs to no well-formed sequence counts as one U+FFFD by itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace mtnlp {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// ---- UTF-8 ----

/// Returns the code point at `at`, which moves behind it. Needs at < text.size().
char32_t decode_utf8(std::string_view text, size_t& at);
bool is_valid_utf8(std::string_view text);
/// Returns `text` with every bad byte replaced with U+FFFD.
std::string repair_utf8(std::string_view text);

// ---- properties ----

bool is_white_space(char32_t c);       ///< White_Space
bool is_word_character(char32_t c);    ///< \w of a regular expression
bool is_bert_punctuation(char32_t c);  ///< ASCII punctuation and symbols, and the categories P*
bool is_chinese(char32_t c);           ///< lies in a block of CJK ideographs that BERT calls Chinese
size_t grapheme_length(
    std::string_view text);  ///< bytes of the first extended grapheme cluster; text not empty

// ---- normalisers: each appends what becomes of `text` to `out` ----

/// Lowers the case character by character (no final sigma, no locale; U+0130 becomes two characters).
void append_lower(std::string_view text, std::string& out);

enum class Decomposition {
  kCanonical,   ///< NFD
  kCompatible,  ///< NFKD
};
void append_decomposed(std::string_view text, Decomposition form, std::string& out);
/// Leaves out the characters of the categories M*.
void append_without_accents(std::string_view text, std::string& out);

/// BERT's clean-up, in this order.
struct BertCleanUp {
  bool clean_text = true;              ///< drop U+0000, U+FFFD, Cc, Cf and Co; make white space a space
  bool tokenize_chinese_chars = true;  ///< put a space on each side of a CJK ideograph
  bool strip_accents = true;           ///< apply NFD and drop Mn
  bool lowercase = true;               ///< lower the case, as append_lower does
  bool operator==(const BertCleanUp&) const = default;
};
void append_cleaned_up(std::string_view text, const BertCleanUp& options, std::string& out);

/// Returns the next of BERT's words at or after `at`, which moves behind it; empty when there is none left.
/// They end at white space, and every punctuation character is a word of its own.
std::string_view next_bert_word(std::string_view text, size_t& at);

}  // namespace mtnlp
