// The "precompiled charsmap" of a SentencePiece model: its rules of normalisation, as the Rust library reads
// them. Format: u32 size of the trie in bytes | a Darts-clone double array of u32 | strings that end in NUL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtnlp {

class Charsmap {
 public:
  /// Throws Error that names `where` when `blob` is malformed: a link leads out of the trie or in a circle, a
  /// rule's text does not begin at a character of the strings, or more than 32 rules begin with one another,
  /// for which libsentencepiece has no room. After that no text can lead out of it.
  Charsmap(std::string_view blob, const std::string& where);

  /// Appends the normalised `text`: a grapheme cluster of less than 6 bytes that begins with a rule is
  /// replaced as a whole (the reference does so), else each of its characters that begins with a rule.
  void append_normalized(std::string_view text, std::string& out) const;

 private:
  /// Returns the replacement by the shortest rule that `chunk` begins with.
  std::optional<std::string_view> replacement(std::string_view chunk) const;

  /// Returns how many rules lie on the way down from `node`, itself included, that has the most of them.
  /// Notes it in `known`, one more than that for each node; 0 stands for none.
  size_t check_below(size_t node, size_t depth, std::vector<uint8_t>& known, const std::string& where) const;

  std::vector<uint32_t> units_;
  std::string strings_;
};

}  // namespace mtnlp
