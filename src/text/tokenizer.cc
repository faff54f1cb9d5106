#include "mtnlp/text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "loaders.h"
#include "mtnlp/text/unicode.h"

namespace mtnlp {
namespace {

constexpr const char* kSentencePieceFiles[] = {"sentencepiece.bpe.model", "spiece.model", "tokenizer.model"};

/// How many of `room` ids are taken from the beginning of a text that is too long.
size_t ids_of_head(Truncation truncation, size_t room) {
  switch (truncation) {
    case Truncation::kHead:
      return room;
    case Truncation::kTail:
      return 0;
    case Truncation::kHeadTail:
      return (room + 2) / 4;
  }
  return room;
}

bool lowers(const Json& normalizer) {
  if (type_of(normalizer) == "Lowercase") return true;
  if (type_of(normalizer) != "Sequence" || !normalizer.contains("normalizers")) return false;
  const Json& parts = normalizer["normalizers"];
  return std::any_of(parts.begin(), parts.end(),
                     [](const Json& part) { return type_of(part) == "Lowercase"; });
}

}  // namespace

void Tokenizer::append_first_pieces(std::string_view text, size_t, std::vector<int32_t>& ids) const {
  append_pieces(text, ids);
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, size_t max_length, Truncation truncation,
                                       size_t* full_length) const {
  if (max_length < 2) fail_input("the maximal length is ", max_length, ", valid is 2 or more");
  const bool opened = first_id() != kNoId, closed = last_id() != kNoId;
  const size_t room = max_length - opened - closed;
  std::vector<int32_t> ids;
  if (opened) ids.push_back(first_id());
  if (truncation == Truncation::kHead && full_length == nullptr)
    append_first_pieces(text, room, ids);
  else
    append_pieces(text, ids);
  const size_t length = ids.size() - opened;
  if (full_length != nullptr) *full_length = length + opened + closed;
  if (length > room) {
    const auto cut = ids.begin() + static_cast<std::ptrdiff_t>(opened + ids_of_head(truncation, room));
    ids.erase(cut, cut + static_cast<std::ptrdiff_t>(length - room));
  }
  if (closed) ids.push_back(last_id());
  return ids;
}

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder) {
  const TokenizerFolder files(folder);
  if (const fs::path file = folder / "tokenizer.json"; fs::exists(file))
    return load_tokenizer_json(files, file);
  if (const fs::path file = folder / "vocab.txt"; fs::exists(file)) return load_vocabulary(files, file);
  for (const char* name : kSentencePieceFiles)
    if (const fs::path file = folder / name; fs::exists(file)) return load_sentencepiece(files, file);
  fail_input(
      folder.string(),
      ": holds no tokenizer, valid are tokenizer.json, vocab.txt, sentencepiece.bpe.model, spiece.model "
      "and tokenizer.model");
}

std::vector<std::string> tokenizer_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* name :
       {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.txt", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model"})
    if (fs::exists(folder / name)) names.emplace_back(name);
  return names;
}

// ---- what the loaders share ----

TokenizerFolder::TokenizerFolder(const fs::path& folder)
    : path(folder), config_file(folder / "tokenizer_config.json"), config(optional_json(config_file)) {}

std::string TokenizerFolder::token(const std::string& name, const std::string& usual) const {
  const auto found = config.find(name);
  const bool described = found != config.end() && found->is_object();
  return described ? json_get(*found, "content", usual, config_file)
                   : json_get(config, name, usual, config_file);
}

Json optional_json(const fs::path& file) {
  return fs::exists(file) ? read_json(file) : Json::object();
}

int32_t id_of(const std::vector<std::string>& pieces, const std::string& text, const fs::path& file) {
  const auto found = std::find(pieces.rbegin(), pieces.rend(), text);
  if (found == pieces.rend()) fail_input(file.string(), ": has no token \"", text, "\"");
  return static_cast<int32_t>(pieces.rend() - found) - 1;
}

void lower_first_when_asked(const TokenizerFolder& folder, const Json& json, Normalizer& normalizer) {
  const fs::path file = folder.path / "sentence_bert_config.json";
  if (json_get(optional_json(file), "do_lower_case", false, file) && !lowers(json))
    normalizer.prepend([](std::string_view text, std::string& out) { append_lower(text, out); });
}

std::string type_of(const Json& json) {
  const auto found = json.find("type");
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace mtnlp
