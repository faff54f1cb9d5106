#include "text/masked_vocabulary.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "text/loaders.h"

namespace mtnlp {
namespace {

/// How tokens with a role are written where the folder does not name them.
constexpr const char* kUsual[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
                                  "<s>",   "</s>",  "<pad>", "<unk>", "<mask>"};

bool is_usual_mask(std::string_view text) {
  return text == "[MASK]" || text == "<mask>";
}

int32_t mask_id_of(const std::string& mask, const Tokenizer& tokenizer) {
  int32_t found = Tokenizer::kNoId;
  const auto size = static_cast<int32_t>(tokenizer.vocabulary_size());
  for (int32_t id = 0; id < size; ++id)
    if (const std::string piece = tokenizer.piece(id); mask.empty() ? is_usual_mask(piece) : piece == mask)
      found = id;
  return found;
}

}  // namespace

int32_t find_mask_id(const fs::path& own, const Tokenizer& tokenizer) {
  return mask_id_of(TokenizerFolder(own).token("mask_token", ""), tokenizer);
}

bool MaskedVocabulary::knows_any_of(std::span<const int32_t> ids) const {
  return std::ranges::any_of(ids, [&](int32_t id) { return is_plain[static_cast<size_t>(id)]; });
}

MaskedVocabulary read_masked_vocabulary(const fs::path& own, const Tokenizer& tokenizer, bool need_mask) {
  const TokenizerFolder folder(own);
  const std::vector<std::string> named = folder.special_texts();
  std::set<std::string, std::less<>> special(named.begin(), named.end());
  special.insert(std::begin(kUsual), std::end(kUsual));
  const std::string mask = folder.token("mask_token", "");
  const bool word_pieces = std::string_view(tokenizer.kind()) == "WordPiece";
  MaskedVocabulary vocabulary;
  vocabulary.mask_id = mask_id_of(mask, tokenizer);
  const auto size = static_cast<int32_t>(tokenizer.vocabulary_size());
  for (int32_t id = 0; id < size; ++id) {
    const std::string piece = tokenizer.piece(id);
    const bool plain = !piece.empty() && !special.contains(piece) && id != tokenizer.unknown_id() &&
                       id != tokenizer.first_id() && id != tokenizer.last_id();
    vocabulary.is_plain.push_back(plain);
    if (plain) vocabulary.plain.push_back(id);
    vocabulary.begins_word.push_back(word_pieces ? !piece.starts_with("##") : piece.starts_with("\u2581"));
  }
  if (need_mask && vocabulary.mask_id == Tokenizer::kNoId)
    fail_input(own.string(), ": its vocabulary has no mask token",
               mask.empty() ? ", neither [MASK] nor <mask>" : str(" ", mask),
               ", so it cannot learn to guess hidden words");
  return vocabulary;
}

}  // namespace mtnlp
