// tokenizer.json of the Rust `tokenizers` library: run as written, or refused by name.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/printable.h"
#include "base/words.h"
#include "text/loaders.h"
#include "text/tokenizer_json.h"
#include "text/unigram.h"
#include "text/wordpiece.h"

namespace mtnlp {
namespace {

constexpr size_t kMostGaps = 1'000'000;  // of ids without a piece: a wrong id must not eat memory
constexpr size_t kMaxTokenizerFile = size_t{256} << 20;  // of 250,000 pieces some 20 MB

std::vector<AddedToken> added_tokens(const Json& json, const fs::path& file) {
  std::vector<AddedToken> added;
  if (part(json, "added_tokens").is_null()) return added;
  for (const Json& token : require_list(json, "added_tokens", file)) {
    added.push_back(read_token(token, /*normalized=*/true, file));
    added.back().id = checked_id(require_part(token, "id", file), file);
  }
  return added;
}

/// Throws Error unless the ids of added tokens and around a text are those of the vocabulary or follow it.
void check_ids(const Pipeline& pipeline, const std::vector<std::string>& pieces, const fs::path& file) {
  const IdsByText ids = ids_by_text(pieces);
  size_t size = pieces.size();
  std::map<int32_t, std::string> added;
  for (const AddedToken& token : pipeline.added) {
    const auto id = static_cast<size_t>(token.id);
    const auto where = [&] { return str(file.string(), ": the added token ", in_quotes(token.content)); };
    if (const auto known = ids.find(token.content); known != ids.end() && known->second != token.id)
      fail_input(where(), " has the id ", id, ", in the vocabulary it has ", known->second);
    if (id < pieces.size() && !pieces[id].empty() && pieces[id] != token.content)
      fail_input(where(), " has the id ", id, ", which is that of ", in_quotes(pieces[id]));
    if (const auto [other, is_new] = added.try_emplace(token.id, token.content);
        !is_new && other->second != token.content)
      fail_input(where(), " has the id ", id, ", which is that of ", in_quotes(other->second));
    if (id > pieces.size() + pipeline.added.size() + kMostGaps)
      fail_input(where(), " has the id ", id, " behind a vocabulary of ", pieces.size(), " pieces");
    size = std::max(size, id + 1);
  }
  for (const int32_t id : {pipeline.first_id, pipeline.last_id})
    if (id != Tokenizer::kNoId && static_cast<size_t>(id) >= size)
      fail_input(file.string(), ": the post-processor puts the id ", id,
                 " around a text, but the highest id of the vocabulary is ", size - 1);
}

/// Appends the tokens that the folder's other files name, and leaves out token types that they do not want.
void append_other_tokens(const TokenizerFolder& folder, std::vector<std::string> pieces, Pipeline& pipeline,
                         const fs::path& file) {
  if (pipeline.pair && !folder.has_token_types()) pipeline.pair->second_type = false;
  check_ids(pipeline, pieces, file);
  append_folder_tokens(folder, pieces, pipeline);
}

// ---- WordPiece ----

[[noreturn]] void refuse_pre_tokenizer(const Json& json, const std::string& model, const std::string& valid,
                                       const fs::path& file) {
  fail_input(file.string(), ": the pre-tokenizer ", type_of(json).empty() ? shown_json(json) : type_of(json),
             " is not supported with the model ", model, ", valid is ", valid);
}

/// Warns where tokenizer_config.json says something else than tokenizer.json, which counts here: which one
/// does depends on the class of the tokenizer.
void warn_of_contradiction(const TokenizerFolder& folder, const Json& normalizer, const fs::path& file) {
  if (type_of(normalizer) != "BertNormalizer") return;
  constexpr std::array<std::pair<const char*, const char*>, 3> kSameSetting = {
      {{"lowercase", "do_lower_case"},
       {"handle_chinese_chars", "tokenize_chinese_chars"},
       {"strip_accents", "strip_accents"}}};
  for (const auto& [ours, theirs] : kSameSetting) {
    const Json& used = part(normalizer, ours);
    const Json& other = part(folder.config, theirs);
    if (!used.is_null() && !other.is_null() && used != other)
      log_warning(str(file.string(), ": ", ours, " is ", shown_json(used),
                      ", which counts; tokenizer_config.json has ", theirs, " ", shown_json(other)));
  }
}

/// Says whether `transformers` takes no more than the vocabulary from the file: its class BertTokenizer makes
/// the rest anew.
bool is_made_anew(const TokenizerFolder& folder, const Json& model, const fs::path& file) {
  static const std::set<std::string> kClasses = {"Bert",       "DistilBert", "Electra",
                                                 "MobileBert", "LayoutLM",   "SqueezeBert",
                                                 "ConvBert",   "bert",       "distilbert"};
  const std::string name = folder.class_name();
  const WordPieceOptions usual;
  return kClasses.contains(name.substr(0, name.find("Tokenizer"))) &&
         json_get(model, "continuing_subword_prefix", usual.continuing_prefix, file) ==
             usual.continuing_prefix &&
         json_get(model, "max_input_chars_per_word", usual.longest_word, file) == usual.longest_word;
}

/// Makes what BertTokenizer makes anew; warns where the file has it another way.
std::unique_ptr<Tokenizer> make_anew(const TokenizerFolder& folder, const Json& json,
                                     std::vector<std::string> pieces, Pipeline written,
                                     const fs::path& file) {
  const Json& normalizer = part(json, "normalizer");
  const BertCleanUp used = bert_clean_up(folder);
  const bool same = type_of(normalizer) == "BertNormalizer" && used == bert_clean_up(normalizer, file);
  const auto word = [](bool value) { return value ? "true" : "false"; };
  if (!same)
    log_warning(str(file.string(), ": its normalizer does not count, as in the library, but that of ",
                    folder.class_name(), " with tokenizer_config.json: do_lower_case ", word(used.lowercase),
                    ", strip_accents ", word(used.strip_accents), ", tokenize_chinese_chars ",
                    word(used.tokenize_chinese_chars)));
  const bool encloses = read_post_processor(json, file, written);
  check_ids(written, pieces, file);
  if (folder.has_decoder) written.added.clear();
  auto tokenizer = make_bert(folder, std::move(pieces), std::move(written.added), file);
  if (encloses && (written.first_id != tokenizer->first_id() || written.last_id != tokenizer->last_id()))
    log_warning(str(file.string(), ": its post-processor does not count, as in the library, but ",
                    in_quotes(tokenizer->piece(tokenizer->first_id())), " and ",
                    in_quotes(tokenizer->piece(tokenizer->last_id())), " around a text"));
  return tokenizer;
}

std::vector<std::string> pieces_by_id(const Json& vocabulary, const fs::path& file) {
  if (!vocabulary.is_object())
    fail_input(file.string(), ": \"vocab\" is ", shown_json(vocabulary),
               ", valid is an object of pieces and ids");
  std::vector<std::string> pieces;
  std::vector<bool> taken;
  for (const auto& [text, json] : vocabulary.items()) {
    const auto id = static_cast<size_t>(checked_id(json, file));
    if (id > vocabulary.size() + kMostGaps)
      fail_input(file.string(), ": found the id ", id, " in a vocabulary of ", vocabulary.size(), " pieces");
    if (id >= pieces.size()) {
      pieces.resize(id + 1);
      taken.resize(id + 1);
    }
    if (taken[id])
      fail_input(file.string(), ": the pieces \"", shortened(pieces[id], 60), "\" and \"",
                 shortened(text, 60), "\" have the same id ", id);
    taken[id] = true;
    pieces[id] = text;
  }
  return pieces;
}

std::unique_ptr<Tokenizer> make_wordpiece(const TokenizerFolder& folder, const Json& json, const Json& model,
                                          Pipeline pipeline, const fs::path& file) {
  const Json& pre = part(json, "pre_tokenizer");
  if (type_of(pre) != "BertPreTokenizer") refuse_pre_tokenizer(pre, "WordPiece", "BertPreTokenizer", file);
  std::vector<std::string> pieces = pieces_by_id(require_part(model, "vocab", file), file);
  if (is_made_anew(folder, model, file))
    return make_anew(folder, json, std::move(pieces), std::move(pipeline), file);
  warn_of_contradiction(folder, part(json, "normalizer"), file);
  if (!read_post_processor(json, file, pipeline)) {
    pipeline.first_id = id_of(pieces, folder.token("cls_token", "[CLS]"), file);
    pipeline.last_id = id_of(pieces, folder.token("sep_token", "[SEP]"), file);
    pipeline.pair = PairForm{1, true};
  }
  const int32_t unknown = id_of(pieces, json_get<std::string>(model, "unk_token", "[UNK]", file), file);
  WordPieceOptions options;
  options.continuing_prefix = json_get(model, "continuing_subword_prefix", options.continuing_prefix, file);
  options.longest_word = json_get(model, "max_input_chars_per_word", options.longest_word, file);
  append_other_tokens(folder, pieces, pipeline, file);
  return std::make_unique<WordPiece>(std::move(pipeline), std::move(pieces), unknown, options);
}

// ---- Unigram ----

/// Reads Metaspace, or WhitespaceSplit and Metaspace.
WordMarks read_marks(const Json& pre, const fs::path& file) {
  WordMarks marks{.split_at_white_space = false};
  const Json* last = &pre;
  if (type_of(pre) == "Sequence") {
    const Json& parts = require_list(pre, "pretokenizers", file);
    marks.split_at_white_space = parts.size() == 2 && type_of(parts[0]) == "WhitespaceSplit";
    if (parts.size() == (marks.split_at_white_space ? 2 : 1)) last = &parts.back();
  }
  if (type_of(*last) != "Metaspace")
    refuse_pre_tokenizer(pre, "Unigram", "Metaspace or a Sequence of WhitespaceSplit and Metaspace", file);
  marks.mark = json_get(*last, "replacement", marks.mark, file);
  marks.split_at_marks = json_get(*last, "split", true, file);
  const bool prefix_space = json_get(*last, "add_prefix_space", true, file);  // of older files
  const auto scheme = json_get<std::string>(*last, "prepend_scheme", prefix_space ? "always" : "never", file);
  if (marks.mark.empty() || (scheme != "always" && scheme != "never"))
    fail_input(file.string(), ": Metaspace with the prepend_scheme \"", scheme, "\" and the replacement \"",
               marks.mark, "\" is not supported, valid are always and never, and a character");
  marks.prepend = scheme == "always";
  return marks;
}

std::unique_ptr<Tokenizer> make_unigram(const TokenizerFolder& folder, const Json& json, const Json& model,
                                        Pipeline pipeline, const fs::path& file) {
  const WordMarks marks = read_marks(part(json, "pre_tokenizer"), file);
  if (json_get(model, "byte_fallback", false, file))
    fail_input(file.string(), ": byte_fallback of the model Unigram is not supported");
  read_post_processor(json, file, pipeline);
  std::vector<UnigramPiece> pieces;
  const Json& list = require_list(model, "vocab", file);
  if (list.empty()) fail_input(file.string(), ": the vocabulary is empty");
  for (const Json& entry : list) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      fail_input(file.string(), ": entry ", pieces.size(), " of \"vocab\" is ", shown_json(entry),
                 ", valid is a list of a piece and a score");
    pieces.push_back({entry[0].get<std::string>(), entry[1].get<double>()});
  }
  append_other_tokens(folder, texts_of(pieces), pipeline, file);
  const int32_t unknown = checked_id(require_part(model, "unk_id", file), file);
  if (static_cast<size_t>(unknown) >= pieces.size())
    fail_input(file.string(), ": unk_id is ", unknown, ", but there are ", pieces.size(), " pieces");
  return std::make_unique<Unigram>(std::move(pipeline), pieces, unknown, marks);
}

/// Returns the type of the model, which old files do not name.
std::string model_type(const Json& model) {
  if (std::string type = type_of(model); !type.empty()) return type;
  if (model.contains("merges")) return "BPE";
  if (model.contains("unk_id")) return "Unigram";
  return model.contains("max_input_chars_per_word") ? "WordPiece" : "without a type";
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer_json(const TokenizerFolder& folder, const fs::path& file) {
  const Json json = read_json(file, kMaxTokenizerFile);
  const Json& normalizer = part(json, "normalizer");
  const Json& model = require_part(json, "model", file);
  const std::string type = model_type(model);
  if (type != "WordPiece" && type != "Unigram")
    fail_input(file.string(), ": the model ", type, " is not supported, valid are WordPiece and Unigram");
  Pipeline pipeline{.added = added_tokens(json, file), .normalizer = Normalizer(normalizer, file)};
  lower_first_when_asked(folder, normalizer, pipeline.normalizer);
  auto tokenizer = type == "WordPiece" ? make_wordpiece(folder, json, model, std::move(pipeline), file)
                                       : make_unigram(folder, json, model, std::move(pipeline), file);
  if (const Json& truncation = part(json, "truncation"); truncation.is_object())
    if (json_get<std::string>(truncation, "direction", "Right", file) == "Left")
      tokenizer->use_truncation(Truncation::kTail);
  return tokenizer;
}

}  // namespace mtnlp
