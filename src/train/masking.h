// Masked-language-model training (Devlin et al. 2019): which tokens are hidden, and behind what.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/masked_vocabulary.h"
#include "text/token_ids.h"

namespace mtnlp {

struct MaskingOptions {
  double share = 0.15;      ///< of the tokens of a sequence that are not special; at least one is hidden
  bool whole_word = false;  ///< hide all pieces of a word, or none
};

/// Sequences with hidden tokens.
struct MaskedSequences {
  std::vector<std::vector<int32_t>> sequences;  ///< as the encoder sees them
  std::vector<int64_t> places;                  ///< of the hidden tokens, counted through all sequences
  std::vector<int64_t> targets;                 ///< their ids, parallel to `places`
};

/// Hides 80 of 100 tokens behind the mask token and 10 behind a random one; 10 stay as they are, and are to be
/// guessed all the same.
class Masking {
 public:
  Masking(MaskedVocabulary vocabulary, const MaskingOptions& options)
      : vocabulary_(std::move(vocabulary)), options_(options) {}

  /// Hides tokens of `sequences`, the rows from `first` on of a step. What is hidden is a function of `key`, the
  /// row in the step and the place in the row.
  MaskedSequences operator()(std::span<const TokenIds> sequences, uint64_t key, uint64_t first) const;

 private:
  std::vector<size_t> choose(std::span<const int32_t> sequence, uint64_t key) const;
  int32_t hidden(int32_t id, uint64_t key) const;

  MaskedVocabulary vocabulary_;
  MaskingOptions options_;
};

}  // namespace mtnlp
