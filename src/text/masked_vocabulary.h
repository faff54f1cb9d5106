// What masking tokens needs to know of a vocabulary.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/files.h"
#include "text/tokenizer.h"

namespace mtnlp {

struct MaskedVocabulary {
  int32_t mask_id = Tokenizer::kNoId;  ///< stands for a token that is hidden: [MASK], <mask>
  std::vector<int32_t> plain = {};     ///< ids that are not special, which may be masked
  std::vector<bool> is_plain = {};     ///< [ids]
  std::vector<bool> begins_word = {};  ///< [ids]; others go on with the word of the piece before

  /// Says whether one of `ids` is not special.
  bool knows_any_of(std::span<const int32_t> ids) const;
};

/// Returns the id of the mask token that the folder `own` names, else of [MASK] or <mask>; kNoId where there is none.
int32_t find_mask_id(const fs::path& own, const Tokenizer& tokenizer);

/// Reads the special tokens of `own`, the folder of an encoder's own files; `tokenizer` is its tokenizer. The
/// unknown token is one of them. Throws Error when there is no mask token and `need_mask`.
MaskedVocabulary read_masked_vocabulary(const fs::path& own, const Tokenizer& tokenizer,
                                        bool need_mask = true);

}  // namespace mtnlp
