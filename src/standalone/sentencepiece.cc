// What mtnlp-infer says to a SentencePiece model: Debian's libsentencepiece is a shared library alone.
#include "text/sentencepiece.h"

#include "base/error.h"
#include "text/train_sentencepiece.h"

namespace mtnlp {

SentencePieceModel read_sentencepiece_model(const fs::path& file) {
  fail_input(file.string(),
             ": is a SentencePiece model, which mtnlp-infer does not read; the full mtnlp does");
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): as text/train_sentencepiece.h has it
std::string train_sentencepiece(std::vector<std::string>, const UnigramTraining&) {
  fail_input("mtnlp-infer learns no SentencePiece model; the full mtnlp does");
}

}  // namespace mtnlp
