#include "mtnlp/text/tokenizer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "mtnlp/base/json.h"
#include "mtnlp/base/log.h"
#include "mtnlp/text/pipeline.h"
#include "mtnlp/text/sentencepiece.h"
#include "mtnlp/text/unicode.h"
#include "mtnlp/text/wordpiece.h"

namespace mtnlp {
namespace {

constexpr int32_t kHighestId = 10'000'000;  // far above any vocabulary; keeps a wrong file from eating memory
constexpr const char* kSentencePieceFiles[] = {"sentencepiece.bpe.model", "spiece.model", "tokenizer.model"};

/// The files of one folder that say how it tokenises.
struct Folder {
  explicit Folder(const fs::path& folder)
      : path(folder),
        tokenizer_config(folder / "tokenizer_config.json"),
        config(optional_json(tokenizer_config)) {}

  static Json optional_json(const fs::path& file) {
    return fs::exists(file) ? read_json(file) : Json::object();
  }

  /// The text of a token such as "cls_token", which may be written as a string or as an object.
  std::string token(const std::string& name, const std::string& usual) const {
    const auto found = config.find(name);
    if (found == config.end() || !found->is_object()) return json_get(config, name, usual, tokenizer_config);
    return json_get(*found, "content", usual, tokenizer_config);
  }

  fs::path path;
  fs::path tokenizer_config;
  Json config;
};

using Vocabulary = std::map<std::string, int32_t, std::less<>>;

int32_t id_of(const std::vector<std::string>& pieces, const std::string& text, const fs::path& file) {
  const auto found = std::find(pieces.rbegin(), pieces.rend(), text);
  if (found == pieces.rend()) fail_input(file.string(), ": has no token \"", text, "\"");
  return static_cast<int32_t>(pieces.rend() - found) - 1;
}

int32_t checked_id(const Json& json, const fs::path& file) {
  if (!json.is_number_integer() || json.get<int64_t>() < 0 || json.get<int64_t>() > kHighestId)
    fail_input(file.string(), ": found the id ", json.dump().substr(0, 60), ", valid is 0 to ", kHighestId);
  return json.get<int32_t>();
}

// ---- tokenizer.json
// -----------------------------------------------------------------------------------------

std::vector<AddedToken> added_from_json(const Json& json, const fs::path& file) {
  std::vector<AddedToken> added;
  for (const Json& token : json_get(json, "added_tokens", std::vector<Json>{}, file))
    added.push_back({.content = json_require<std::string>(token, "content", file),
                     .id = checked_id(json_require<Json>(token, "id", file), file),
                     .single_word = json_get(token, "single_word", false, file),
                     .lstrip = json_get(token, "lstrip", false, file),
                     .rstrip = json_get(token, "rstrip", false, file),
                     .normalized = json_get(token, "normalized", true, file)});
  return added;
}

/// The ids that the post-processor puts around a single text. False when there is no post-processor.
bool enclosing_ids(const Json& json, const fs::path& file, Pipeline& pipeline) {
  const Json post = json_get(json, "post_processor", Json(), file);
  if (post.is_null()) return false;
  const auto type = json_require<std::string>(post, "type", file);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    for (const auto& [key, id] :
         {std::pair{"cls", &pipeline.first_id}, std::pair{"sep", &pipeline.last_id}}) {
      const auto pair = json_require<std::vector<Json>>(post, key, file);
      if (pair.size() != 2) fail_input(file.string(), ": \"", key, "\" of the post-processor is no pair");
      *id = checked_id(pair[1], file);
    }
    return true;
  }
  bool supported = type == "TemplateProcessing", text_seen = false;
  const Json specials = json_get(post, "special_tokens", Json::object(), file);
  for (const Json& part : json_get(post, "single", std::vector<Json>{}, file)) {
    if (part.contains("Sequence")) {
      supported = supported && !std::exchange(text_seen, true);
      continue;
    }
    const Json token = json_require<Json>(part, "SpecialToken", file);
    const Json entry = json_require<Json>(specials, json_require<std::string>(token, "id", file), file);
    const auto ids = json_require<std::vector<Json>>(entry, "ids", file);
    int32_t& id = text_seen ? pipeline.last_id : pipeline.first_id;
    supported = supported && ids.size() == 1 && id == Tokenizer::kNoId;
    if (supported) id = checked_id(ids[0], file);
  }
  if (!supported || !text_seen)
    fail_input(file.string(), ": the post-processor \"", type,
               "\" is not supported here, valid are BertProcessing, "
               "RobertaProcessing and a TemplateProcessing with at most one token on each side of the text");
  return true;
}

[[noreturn]] void refuse_pre_tokenizer(const Json& json, const std::string& model, const std::string& valid,
                                       const fs::path& file) {
  fail_input(file.string(), ": the pre-tokenizer ",
             json.is_object() && json.contains("type") ? json["type"].dump() : json.dump().substr(0, 60),
             " is not supported with the model ", model, ", valid is ", valid);
}

std::string type_of(const Json& json) {
  const auto found = json.is_object() ? json.find("type") : json.end();
  return json.is_object() && found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

WordMarks marks_from_json(const Json& json, const fs::path& file) {
  std::vector<Json> parts{json};
  if (type_of(json) == "Sequence") parts = json_require<std::vector<Json>>(json, "pretokenizers", file);
  WordMarks marks{.split_at_white_space = parts.size() == 2 && type_of(parts.front()) == "WhitespaceSplit"};
  const Json& last = parts.empty() ? json : parts.back();
  const bool scheme_known =
      parts.size() == (marks.split_at_white_space ? 2 : 1) && type_of(last) == "Metaspace";
  if (!scheme_known)
    refuse_pre_tokenizer(json, "Unigram", "Metaspace or a Sequence of WhitespaceSplit and Metaspace", file);
  marks.mark = json_get(last, "replacement", marks.mark, file);
  marks.split_at_marks = json_get(last, "split", true, file);
  const bool prefix_space = json_get(last, "add_prefix_space", true, file);
  const auto scheme = json_get<std::string>(last, "prepend_scheme", prefix_space ? "always" : "never", file);
  if (marks.mark.empty() || (scheme != "always" && scheme != "never"))
    fail_input(file.string(), ": Metaspace with the prepend_scheme \"", scheme, "\" and the replacement \"",
               marks.mark, "\" is not supported, valid are always and never, and a character");
  marks.prepend = scheme == "always";
  return marks;
}

std::vector<std::string> pieces_from_json(const Json& vocabulary, const fs::path& file) {
  std::vector<std::string> pieces;
  for (const auto& [text, json] : vocabulary.items()) {
    const auto id = static_cast<size_t>(checked_id(json, file));
    if (id >= pieces.size()) pieces.resize(id + 1);
    pieces[id] = text;
  }
  return pieces;
}

void warn_of_contradiction(const Folder& folder, const Json& normalizer, const fs::path& file) {
  if (type_of(normalizer) != "BertNormalizer") return;
  for (const auto& [ours, theirs] :
       {std::pair{"lowercase", "do_lower_case"}, std::pair{"handle_chinese_chars", "tokenize_chinese_chars"},
        std::pair{"strip_accents", "strip_accents"}}) {
    const Json used = normalizer.value(ours, Json()), other = folder.config.value(theirs, Json());
    if (!used.is_null() && !other.is_null() && used != other)
      log_warning(str(file.string(), ": says ", ours, " ", used.dump(), ", which is used; ",
                      folder.tokenizer_config.filename().string(), " says ", theirs, " ", other.dump()));
  }
}

std::unique_ptr<Tokenizer> wordpiece_from_json(const Folder& folder, const Json& json, const Json& model,
                                               Pipeline pipeline, const fs::path& file) {
  const Json pre = json_get(json, "pre_tokenizer", Json(), file);
  if (type_of(pre) != "BertPreTokenizer") refuse_pre_tokenizer(pre, "WordPiece", "BertPreTokenizer", file);
  warn_of_contradiction(folder, json_get(json, "normalizer", Json(), file), file);
  std::vector<std::string> pieces = pieces_from_json(json_require<Json>(model, "vocab", file), file);
  if (!enclosing_ids(json, file, pipeline)) {
    pipeline.first_id = id_of(pieces, folder.token("cls_token", "[CLS]"), file);
    pipeline.last_id = id_of(pieces, folder.token("sep_token", "[SEP]"), file);
  }
  const int32_t unknown = id_of(pieces, json_get<std::string>(model, "unk_token", "[UNK]", file), file);
  WordPieceOptions options;
  options.continuing_prefix = json_get(model, "continuing_subword_prefix", options.continuing_prefix, file);
  options.longest_word = json_get(model, "max_input_chars_per_word", options.longest_word, file);
  return std::make_unique<WordPiece>(std::move(pipeline), std::move(pieces), unknown, options);
}

std::unique_ptr<Tokenizer> unigram_from_json(const Json& json, const Json& model, Pipeline pipeline,
                                             const fs::path& file) {
  const WordMarks marks = marks_from_json(json_get(json, "pre_tokenizer", Json(), file), file);
  if (json_get(model, "byte_fallback", false, file))
    fail_input(file.string(), ": byte_fallback of the model Unigram is not supported");
  enclosing_ids(json, file, pipeline);
  std::vector<UnigramPiece> pieces;
  for (const Json& entry : json_require<Json>(model, "vocab", file)) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      fail_input(file.string(), ": \"vocab\" holds ", entry.dump().substr(0, 60),
                 ", not a piece and a score");
    pieces.push_back({entry[0].get<std::string>(), entry[1].get<double>()});
  }
  const int32_t unknown = checked_id(json_require<Json>(model, "unk_id", file), file);
  if (static_cast<size_t>(unknown) >= pieces.size())
    fail_input(file.string(), ": unk_id is ", unknown, ", but there are ", pieces.size(), " pieces");
  return std::make_unique<Unigram>(std::move(pipeline), pieces, unknown, marks);
}

/// The model's type, which old files do not name.
std::string model_type(const Json& model) {
  if (const std::string type = type_of(model); !type.empty()) return type;
  if (model.contains("merges")) return "BPE";
  if (model.contains("unk_id")) return "Unigram";
  return model.contains("max_input_chars_per_word") ? "WordPiece" : "of no known type";
}

bool lowers(const Json& normalizer) {
  if (type_of(normalizer) == "Lowercase") return true;
  if (type_of(normalizer) != "Sequence" || !normalizer.contains("normalizers")) return false;
  const Json& parts = normalizer["normalizers"];
  return std::any_of(parts.begin(), parts.end(),
                     [](const Json& part) { return type_of(part) == "Lowercase"; });
}

/// sentence-transformers' own switch puts a lower-casing in front of all else.
void lower_first_when_asked(const Folder& folder, const Json& normalizer, Pipeline& pipeline) {
  const fs::path file = folder.path / "sentence_bert_config.json";
  if (json_get(Folder::optional_json(file), "do_lower_case", false, file) && !lowers(normalizer))
    pipeline.normalizer.prepend([](std::string_view text, std::string& out) { append_lower(text, out); });
}

std::unique_ptr<Tokenizer> load_tokenizer_json(const Folder& folder, const fs::path& file) {
  const Json json = read_json(file);
  const Json normalizer = json_get(json, "normalizer", Json(), file);
  const Json& model = json.contains("model") ? json["model"] : json;
  Pipeline pipeline{.added = added_from_json(json, file), .normalizer = Normalizer(normalizer, file)};
  lower_first_when_asked(folder, normalizer, pipeline);
  const std::string type = model_type(model);
  if (type == "WordPiece") return wordpiece_from_json(folder, json, model, std::move(pipeline), file);
  if (type == "Unigram") return unigram_from_json(json, model, std::move(pipeline), file);
  fail_input(file.string(), ": the model ", type, " is not supported, valid are WordPiece and Unigram");
}

// ---- vocab.txt
// ----------------------------------------------------------------------------------------------

std::unique_ptr<Tokenizer> load_vocab_txt(const Folder& folder, const fs::path& file) {
  const std::string content = read_file(file);
  if (!is_valid_utf8(content)) fail_input(file.string(), ": is not UTF-8");
  std::vector<std::string> pieces;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    std::string_view line = std::string_view(content).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    pieces.emplace_back(line);
    begin = end + 1;
  }
  BertCleanUp clean_up;
  clean_up.lowercase = json_get(folder.config, "do_lower_case", true, folder.tokenizer_config);
  clean_up.strip_accents =
      json_get(folder.config, "strip_accents", clean_up.lowercase, folder.tokenizer_config);
  clean_up.tokenize_chinese_chars =
      json_get(folder.config, "tokenize_chinese_chars", true, folder.tokenizer_config);
  Pipeline pipeline;
  pipeline.normalizer.append(
      [clean_up](std::string_view text, std::string& out) { append_cleaned_up(text, clean_up, out); });
  lower_first_when_asked(folder, Json(), pipeline);
  const auto special = [&](const char* name, const char* usual) {
    const std::string text = folder.token(name, usual);
    const int32_t id = id_of(pieces, text, file);
    pipeline.added.push_back({.content = text, .id = id});
    return id;
  };
  const int32_t unknown = special("unk_token", "[UNK]");
  pipeline.first_id = special("cls_token", "[CLS]");
  pipeline.last_id = special("sep_token", "[SEP]");
  for (const auto& [name, usual] : {std::pair{"pad_token", "[PAD]"}, std::pair{"mask_token", "[MASK]"}})
    if (std::find(pieces.begin(), pieces.end(), folder.token(name, usual)) != pieces.end())
      special(name, usual);
  return std::make_unique<WordPiece>(std::move(pipeline), std::move(pieces), unknown);
}

// ---- a SentencePiece file: what `transformers` makes of it, by the class of the tokenizer
// -----------------------

/// "XLMRoberta", "Albert" or "T5".
std::string sentencepiece_class(const Folder& folder, const fs::path& file) {
  std::string name = json_get<std::string>(folder.config, "tokenizer_class", "", folder.tokenizer_config);
  const fs::path config = folder.path / "config.json";
  if (name.empty()) {
    const auto type = json_get<std::string>(Folder::optional_json(config), "model_type", "", config);
    name = type == "xlm-roberta" ? "XLMRoberta" : type == "albert" ? "Albert" : type == "t5" ? "T5" : type;
  }
  std::string family = name.substr(0, name.find("Tokenizer"));
  if (family == "XLMRoberta" || family == "Albert" || family == "T5") return family;
  fail_input(file.string(),
             ": how its ids are meant depends on the tokenizer_class in tokenizer_config.json, which is \"",
             name, "\"; valid are XLMRobertaTokenizer, AlbertTokenizer and T5Tokenizer");
}

/// ALBERT cleans up before the rules of the model.
void append_albert_steps(const Folder& folder, Normalizer& normalizer) {
  normalizer.append(replace_step("``", "\""));
  normalizer.append(replace_step("''", "\""));
  if (!json_get(folder.config, "keep_accents", false, folder.tokenizer_config)) {
    normalizer.append([](std::string_view text, std::string& out) {
      append_decomposed(text, Decomposition::kCompatible, out);
    });
    normalizer.append(append_without_accents);
  }
  if (json_get(folder.config, "do_lower_case", true, folder.tokenizer_config))
    normalizer.append([](std::string_view text, std::string& out) { append_lower(text, out); });
}

std::unique_ptr<Tokenizer> load_sentencepiece(const Folder& folder, const fs::path& file) {
  using Type = SentencePieceModel::PieceType;
  const std::string family = sentencepiece_class(folder, file);
  const SentencePieceModel model = read_sentencepiece_model(file);
  std::vector<UnigramPiece> pieces;
  std::vector<std::string> specials;
  for (const auto& piece : model.pieces) {
    pieces.push_back({piece.text, piece.score});
    if (piece.type == Type::kControl || piece.type == Type::kUserDefined) specials.push_back(piece.text);
  }
  const bool albert = family == "Albert";
  const std::string first = folder.token("cls_token", albert ? "[CLS]" : "<s>");
  const std::string last =
      folder.token(family == "T5" ? "eos_token" : "sep_token", albert ? "[SEP]" : "</s>");
  const std::string unknown = folder.token("unk_token", "<unk>");
  const std::string pad = folder.token("pad_token", "<pad>");
  const std::string mask = folder.token("mask_token", albert ? "[MASK]" : "<mask>");
  specials.insert(specials.end(), {last, unknown, pad});
  if (family == "XLMRoberta") {  // fairseq's order: the first three of the file make room for four
    pieces.erase(pieces.begin(), pieces.begin() + std::min<std::ptrdiff_t>(3, std::ssize(pieces)));
    pieces.insert(pieces.begin(), {{first, 0}, {pad, 0}, {last, 0}, {unknown, 0}});
    pieces.push_back({mask, 0});
  } else if (family == "T5") {
    const int extra = json_get(folder.config, "extra_ids", 100, folder.tokenizer_config);
    for (int i = extra - 1; i >= 0; --i) {
      pieces.push_back({str("<extra_id_", i, ">"), 0});
      specials.push_back(pieces.back().text);
    }
  }
  if (family != "T5") specials.insert(specials.end(), {first, mask});

  Pipeline pipeline;
  std::vector<std::string> texts;
  for (const UnigramPiece& piece : pieces) texts.push_back(piece.text);
  for (const std::string& text : specials)
    pipeline.added.push_back({.content = text, .id = id_of(texts, text, file)});
  if (family != "T5") pipeline.first_id = id_of(texts, first, file);
  pipeline.last_id = id_of(texts, last, file);
  if (albert) append_albert_steps(folder, pipeline.normalizer);
  if (!model.charsmap.empty()) pipeline.normalizer.append(charsmap_step(model.charsmap, file.string()));
  lower_first_when_asked(folder, Json(), pipeline);
  return std::make_unique<Unigram>(std::move(pipeline), pieces, id_of(texts, unknown, file));
}

}  // namespace

void Tokenizer::append_first_pieces(std::string_view text, size_t, std::vector<int32_t>& ids) const {
  append_pieces(text, ids);
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, size_t max_length, Truncation truncation,
                                       size_t* full_length) const {
  if (max_length < 2) fail_input("the maximal length is ", max_length, ", valid is 2 or more");
  const size_t room = max_length - (first_id() != kNoId) - (last_id() != kNoId);
  std::vector<int32_t> ids;
  if (first_id() != kNoId) ids.push_back(first_id());
  const size_t begin = ids.size();
  if (truncation == Truncation::kHead && full_length == nullptr)
    append_first_pieces(text, room, ids);
  else
    append_pieces(text, ids);
  const size_t length = ids.size() - begin;
  if (full_length != nullptr) *full_length = length + max_length - room;
  if (length > room) {
    const size_t head = truncation == Truncation::kHead   ? room
                        : truncation == Truncation::kTail ? 0
                                                          : (room + 2) / 4;
    const auto cut = ids.begin() + static_cast<std::ptrdiff_t>(begin + head);
    ids.erase(cut, cut + static_cast<std::ptrdiff_t>(length - room));
  }
  if (last_id() != kNoId) ids.push_back(last_id());
  return ids;
}

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder) {
  const Folder files(folder);
  if (const fs::path file = folder / "tokenizer.json"; fs::exists(file))
    return load_tokenizer_json(files, file);
  if (const fs::path file = folder / "vocab.txt"; fs::exists(file)) return load_vocab_txt(files, file);
  for (const char* name : kSentencePieceFiles)
    if (const fs::path file = folder / name; fs::exists(file)) return load_sentencepiece(files, file);
  fail_input(folder.string(),
             ": holds no tokenizer, valid are tokenizer.json, vocab.txt, "
             "sentencepiece.bpe.model, spiece.model and tokenizer.model");
}

std::vector<std::string> tokenizer_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* name :
       {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.txt", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model"})
    if (fs::exists(folder / name)) names.emplace_back(name);
  return names;
}

}  // namespace mtnlp
