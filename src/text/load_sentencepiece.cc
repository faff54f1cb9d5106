// A SentencePiece file: what `transformers` makes of it, by the class of the tokenizer.
#include <algorithm>
#include <utility>

#include "text/loaders.h"
#include "text/sentencepiece.h"
#include "text/unicode.h"
#include "text/unigram.h"

namespace mtnlp {
namespace {

enum class Family { kXlmRoberta, kAlbert, kT5 };

Family family_of(const TokenizerFolder& folder, const fs::path& file) {
  const std::string name = folder.class_name();
  const std::string family = name.substr(0, name.find("Tokenizer"));
  if (family == "XLMRoberta" || family == "xlm-roberta") return Family::kXlmRoberta;
  if (family == "Albert" || family == "albert") return Family::kAlbert;
  if (family == "T5" || family == "t5") return Family::kT5;
  fail_input(file.string(),
             ": what its ids mean depends on tokenizer_class in tokenizer_config.json (or model_type in "
             "config.json), which is \"",
             name, "\"; valid are XLMRobertaTokenizer, AlbertTokenizer and T5Tokenizer");
}

/// The tokens that play a part; T5 opens with none and has no mask.
struct Specials {
  Specials(const TokenizerFolder& folder, Family family)
      : first(folder.token("cls_token", family == Family::kAlbert ? "[CLS]" : "<s>")),
        last(folder.token(family == Family::kT5 ? "eos_token" : "sep_token",
                          family == Family::kAlbert ? "[SEP]" : "</s>")),
        unknown(folder.token("unk_token", "<unk>")),
        pad(folder.token("pad_token", "<pad>")),
        mask(folder.token("mask_token", family == Family::kAlbert ? "[MASK]" : "<mask>")) {}

  std::string first, last, unknown, pad, mask;
};

/// Appends what ALBERT does to a text before the rules of the model.
void append_albert_steps(const TokenizerFolder& folder, Normalizer& normalizer) {
  normalizer.append(replace_step("``", "\""));
  normalizer.append(replace_step("''", "\""));
  if (!json_get(folder.config, "keep_accents", false, folder.config_file)) {
    normalizer.append([](std::string_view text, std::string& out) {
      append_decomposed(text, Decomposition::kCompatible, out);
    });
    normalizer.append(append_without_accents);
  }
  if (json_get(folder.config, "do_lower_case", true, folder.config_file))
    normalizer.append([](std::string_view text, std::string& out) { append_lower(text, out); });
}

/// Puts `pieces` into fairseq's order: the first three of the file make room for four, the mask comes last.
void use_fairseq_order(const Specials& specials, const fs::path& file, std::vector<UnigramPiece>& pieces) {
  if (pieces.size() < 3) fail_input(file.string(), ": has ", pieces.size(), " pieces, valid is 3 or more");
  pieces.erase(pieces.begin(), pieces.begin() + 3);
  pieces.insert(pieces.begin(),
                {{specials.first, 0}, {specials.pad, 0}, {specials.last, 0}, {specials.unknown, 0}});
  pieces.push_back({specials.mask, 0});
}

/// Returns T5's sentinels, which the file does not hold, from the highest number down.
std::vector<std::string> sentinels(const TokenizerFolder& folder) {
  constexpr int kMost = 10'000;
  const int count = json_get(folder.config, "extra_ids", 100, folder.config_file);
  if (count < 0 || count > kMost)
    fail_input(folder.config_file.string(), ": extra_ids is ", count, ", valid is 0 to ", kMost);
  std::vector<std::string> texts;
  for (int i = count; i > 0; --i) texts.push_back(str("<extra_id_", i - 1, ">"));
  return texts;
}

}  // namespace

std::unique_ptr<Tokenizer> load_sentencepiece(const TokenizerFolder& folder, const fs::path& file) {
  using Type = SentencePieceModel::PieceType;
  const Family family = family_of(folder, file);
  const Specials specials(folder, family);
  SentencePieceModel model = read_sentencepiece_model(file);
  std::vector<UnigramPiece> pieces;
  std::vector<std::string> added{specials.last, specials.unknown, specials.pad};
  for (const auto& piece : model.pieces) {
    pieces.push_back({piece.text, piece.score});
    if (piece.type == Type::kControl || piece.type == Type::kUserDefined) added.push_back(piece.text);
  }
  if (family == Family::kXlmRoberta) use_fairseq_order(specials, file, pieces);
  if (family != Family::kT5) added.insert(added.end(), {specials.first, specials.mask});
  if (family == Family::kT5)
    for (const std::string& text : sentinels(folder)) {
      pieces.push_back({text, 0});
      added.push_back(text);
    }

  std::vector<std::string> texts = texts_of(pieces);
  const IdsByText ids = ids_by_text(texts);
  const auto id_of = [&](const std::string& text) {
    const auto found = ids.find(text);
    if (found == ids.end()) fail_input(file.string(), ": has no token \"", text, "\"");
    return found->second;
  };
  Pipeline pipeline;
  for (const std::string& text : added) pipeline.added.push_back(folder.described(text, id_of(text)));
  append_folder_tokens(folder, texts, pipeline);
  if (family != Family::kT5) pipeline.first_id = id_of(specials.first);
  pipeline.last_id = id_of(specials.last);
  pipeline.pair = PairForm{family == Family::kXlmRoberta ? size_t{2} : size_t{1},
                           family == Family::kAlbert && folder.has_token_types()};
  if (family == Family::kAlbert) append_albert_steps(folder, pipeline.normalizer);
  if (model.charsmap) pipeline.normalizer.append(charsmap_step(std::move(*model.charsmap)));
  lower_first_when_asked(folder, Json(), pipeline.normalizer);
  return std::make_unique<Unigram>(std::move(pipeline), pieces, id_of(specials.unknown));
}

}  // namespace mtnlp
