// WordPiece, equal to the Rust `tokenizers` library: BERT's words, each cut greedily into the longest pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/pipeline.h"
#include "text/trie.h"

namespace mtnlp {

struct WordPieceOptions {
  std::string continuing_prefix = "##";  ///< prefix of pieces that do not begin a word
  size_t longest_word = 100;             ///< most characters of a word; a longer one becomes the unknown id
};

class WordPiece final : public PipelineTokenizer {
 public:
  /// Takes `pieces` by id, "" for an id without one.
  WordPiece(Pipeline pipeline, std::vector<std::string> pieces, int32_t unknown_id,
            const WordPieceOptions& options = {});

  const char* kind() const override { return "WordPiece"; }

 private:
  void append_section(std::string_view section, size_t enough, std::vector<int32_t>& ids) const override;
  void append_word(std::string_view word, std::vector<int32_t>& ids) const;

  ByteTrie trie_;
  uint32_t inside_;  ///< node that continuing_prefix leads to
  size_t longest_word_;
};

}  // namespace mtnlp
