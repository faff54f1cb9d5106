// Learns the pieces of a SentencePiece unigram model (Kudo 2018) from texts, by the library's own trainer.
#pragma once

#include <string>
#include <vector>

namespace mtnlp {

struct UnigramTraining {
  size_t pieces = 16'000;  ///< of the model, with <unk>, <s> and </s>
  double coverage =
      0.9995;  ///< share of the texts' characters that are pieces, 0.98 to 1; the rarest are not
};

/// Returns the content of a SentencePiece file, whose first pieces are <unk>, <s> and </s>. It depends on the
/// texts, their order and `training` alone, not on the machine. Throws Error when no text holds anything that
/// can be seen, and, with the number that is valid, when the texts do not make so many pieces or have more
/// characters. Takes about ten times the memory of the texts.
std::string train_sentencepiece(std::vector<std::string> texts, const UnigramTraining& training);

}  // namespace mtnlp
