// A SentencePiece file: our own reader checks it (sentencepiece_proto.h), then libsentencepiece opens and
// validates it and says what pieces it holds.
//
// The library does not cut texts here, though: `transformers` runs the Rust `tokenizers` library on these
// files, and an encoder was trained on the ids of that one. Unigram follows it where the library differs:
// - The library sums the scores of a sentence in float, and so finds ties where there are none; `tokenizers`
//   sums word by word in double.
// - It replaces characters by the longest rule of the charsmap, `tokenizers` by the shortest, and a grapheme
//   cluster of less than 6 bytes as a whole (charsmap.h).
// - It cuts at U+0020 and U+2581 alone, `tokenizers` at all white space.
// - It finds user-defined symbols inside of words. For `transformers` they are added tokens: what follows one
//   begins with U+2581 as a text does.
// - It never takes unused pieces, `tokenizers` does.
// - It cuts "</s>" or "[SEP]" written in a text; for `transformers` that is the special token.
// - It knows nothing of AlbertTokenizer's lower case, accents and quotes.
// tests/text/sentencepiece_library_test.cc counts these cases; on all other texts the ids are equal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "text/charsmap.h"

namespace mtnlp {

struct SentencePieceModel {
  enum class PieceType { kNormal, kUnknown, kControl, kUserDefined, kUnused, kByte };
  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::kNormal;
  };
  std::vector<Piece> pieces;         ///< pieces by id
  std::optional<Charsmap> charsmap;  ///< rules of the normaliser; none when it has none
};

/// Returns the model in `file`. Throws Error that names it when it is malformed, not a unigram model ("BPE"),
/// larger than 64 MiB, or refused by the library, whose reason is then given. Takes time in proportion to the
/// file: for 250,000 pieces, on a busy machine, 1.2 to 1.8 CPU seconds when many pieces share beginnings (0.8
/// of it the library's load), and 3.5 when pieces are random.
SentencePieceModel read_sentencepiece_model(const fs::path& file);

}  // namespace mtnlp
