// SentencePiece's unigram model (Kudo 2018), equal to the Rust `tokenizers` library, which is what
// `transformers` runs: text is cut at white space, every word opens with U+2581, and the best path through
// the pieces is searched in double precision word by word. sentencepiece.h says where libsentencepiece
// differs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/pipeline.h"
#include "text/trie.h"

namespace mtnlp {

/// How a section is cut into the words that are searched one by one.
struct WordMarks {
  bool split_at_white_space = true;  ///< whether words end at white space (WhitespaceSplit before Metaspace)
  std::string mark = "\u2581";       ///< what replaces a space
  bool prepend = true;               ///< whether every word begins with the mark
  bool split_at_marks = true;        ///< whether words also end before each mark
};

struct UnigramPiece {
  std::string text;
  double score = 0;
};

std::vector<std::string> texts_of(const std::vector<UnigramPiece>& pieces);

class Unigram final : public PipelineTokenizer {
 public:
  /// Takes `pieces` by id; of equal pieces the last counts.
  Unigram(Pipeline pipeline, const std::vector<UnigramPiece>& pieces, int32_t unknown_id,
          WordMarks marks = {});
  const char* kind() const override { return "SentencePiece unigram"; }

 private:
  /// The best path that ends at one byte of a word.
  struct Node {
    double score;
    size_t begin;  ///< first byte of the last piece on it; kUnreached
    int32_t id;    ///< id of the last piece on it
  };

  void append_section(std::string_view section, size_t enough, std::vector<int32_t>& ids) const override;
  void append_word(std::string_view word, std::vector<Node>& nodes, std::vector<int32_t>& ids) const;

  ByteTrie trie_;
  std::vector<double> scores_;
  double unknown_score_;
  WordMarks marks_;
};

}  // namespace mtnlp
