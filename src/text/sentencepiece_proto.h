// A SentencePiece file (sentencepiece_model.proto) read within bounds, before libsentencepiece sees a byte of
// it: the library trusts what it is given. It recurses once for each byte of a piece, follows the links of
// the charsmap wherever they lead, counts matches into arrays of fixed size, and runs the file's own
// self-test while it loads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "text/charsmap.h"

namespace mtnlp {

/// What is known of a SentencePiece file without the library.
struct SentencePieceProto {
  /// The fields for the library as the file has them: pieces, trainer_spec and normalizer_spec. The
  /// self-test, the denormaliser and fields that are not known are left out.
  std::string checked;
  std::vector<bool> user_defined;    ///< by id: whether the piece is a user-defined symbol
  std::optional<Charsmap> charsmap;  ///< rules of the normaliser; none when it has none
};

/// Returns what `content` says. Throws Error that names `file` unless it is a protobuf message whose pieces
/// are UTF-8 without NUL of at most 1,024 bytes, with finite scores, and whose model is UNIGRAM without
/// byte_fallback and treat_whitespace_as_suffix.
SentencePieceProto read_sentencepiece_proto(std::string_view content, const fs::path& file);

}  // namespace mtnlp
