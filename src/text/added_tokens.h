// Tokens with a text of their own ("[SEP]", "<mask>") that are found before the model cuts the rest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "text/trie.h"

namespace mtnlp {

/// An entry of "added_tokens" in tokenizer.json.
struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool single_word = false;  ///< whether it is found only where no word character is beside it
  bool lstrip = false;       ///< whether it takes white space on its left
  bool rstrip = false;       ///< whether it takes white space on its right
  bool normalized = false;   ///< whether it is found in the normalised text instead of the raw text
};

/// Finds tokens: leftmost first, the longest of those that begin at one place.
class AddedTokens {
 public:
  void add(const AddedToken& token);

  /// Cuts `text` into sections, in order: body(section, id) with the id of a token, else kNoId.
  template <typename Body>
  void for_each_section(std::string_view text, Body body) const {
    Match match;
    while (find(text, match)) {
      if (match.done < match.begin) body(text.substr(match.done, match.begin - match.done), Tokenizer::kNoId);
      body(text.substr(match.begin, match.end - match.begin), match.id);
      match.done = match.end;
    }
    if (match.done < text.size()) body(text.substr(match.done), Tokenizer::kNoId);
  }

 private:
  struct Match {
    size_t begin = 0, end = 0;  ///< bytes of the match, with the white space that it takes
    int32_t id = 0;
    size_t from = 0;  ///< byte at which the search goes on
    size_t done = 0;  ///< byte up to which sections have been given
  };
  bool find(std::string_view text, Match& match) const;

  std::vector<AddedToken> tokens_;
  ByteTrie trie_;                         ///< content to index into tokens_
  std::array<bool, 256> may_begin_ = {};  ///< by byte: whether a token begins with it
};

}  // namespace mtnlp
