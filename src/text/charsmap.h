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
  /// Throws Error that names `where` when `blob` is malformed.
  Charsmap(std::string_view blob, const std::string& where);

  /// Appends the normalised `text`: a grapheme cluster of less than 6 bytes that begins with a rule is
  /// replaced as a whole (the reference does so), else each of its characters that begins with a rule.
  void append_normalized(std::string_view text, std::string& out) const;

 private:
  /// The replacement by the shortest rule that `chunk` begins with.
  std::optional<std::string_view> replacement(std::string_view chunk) const;

  std::vector<uint32_t> units_;
  std::string strings_;
};

}  // namespace mtnlp
