// The files beside a vocabulary, read as `transformers` reads them
// (PreTrainedTokenizerBase._from_pretrained).
#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "base/numbers.h"
#include "base/printable.h"
#include "text/loaders.h"
#include "text/sentence_config.h"

namespace mtnlp {
namespace {

constexpr int32_t kHighestId = 10'000'000;  // far above any vocabulary; keeps a wrong file from eating memory

constexpr std::array kRoles = {"bos_token", "eos_token", "unk_token", "sep_token",
                               "pad_token", "cls_token", "mask_token"};

/// Reads added_tokens_decoder: objects by id.
std::vector<AddedToken> read_decoder(const Json& decoder, const fs::path& file) {
  if (!decoder.is_object())
    fail_input(file.string(), ": \"added_tokens_decoder\" is ", shown_json(decoder), ", valid is an object");
  std::vector<AddedToken> tokens;
  for (const auto& [key, json] : decoder.items()) {
    tokens.push_back(read_token(json, !json_get(json, "special", false, file), file));
    const auto id = parse_number<int64_t>(key);
    tokens.back().id = checked_id(id ? Json(*id) : Json(key), file);
  }
  return tokens;
}

/// Reads added_tokens.json: ids by text; tokens with a role are special.
std::vector<AddedToken> read_added(const fs::path& file, const std::set<std::string>& special) {
  std::vector<AddedToken> tokens;
  const Json added = optional_json(file);
  for (const auto& [text, id] : added.items())
    tokens.push_back({.content = text, .id = checked_id(id, file), .normalized = !special.contains(text)});
  return tokens;
}

std::vector<std::string> read_extras(const Json& config, const fs::path& file) {
  std::vector<std::string> extras;
  for (const char* key : {"extra_special_tokens", "additional_special_tokens"}) {
    const auto found = config.find(key);
    if (found == config.end() || !found->is_array() || !extras.empty()) continue;
    for (const Json& token : *found)
      extras.push_back(token.is_string() ? token.get<std::string>() : read_token(token, false, file).content);
  }
  return extras;
}

}  // namespace

AddedToken read_token(const Json& json, bool normalized, const fs::path& file) {
  return {.content = json_require<std::string>(json, "content", file),
          .single_word = json_get(json, "single_word", false, file),
          .lstrip = json_get(json, "lstrip", false, file),
          .rstrip = json_get(json, "rstrip", false, file),
          .normalized = json_get(json, "normalized", normalized, file)};
}

std::string shown_json(const Json& json) {
  if (json.is_structured()) return json.is_object() ? "an object" : "a list";
  return json_excerpt(json);
}

int32_t checked_id(const Json& json, const fs::path& file) {
  if (!json.is_number_integer() || json.get<int64_t>() < 0 || json.get<int64_t>() > kHighestId)
    fail_input(file.string(), ": found the id ", shown_json(json), ", valid is 0 to ", kHighestId);
  return json.get<int32_t>();
}

Json optional_json(const fs::path& file) {
  return fs::exists(file) ? read_json(file) : Json::object();
}

IdsByText ids_by_text(const std::vector<std::string>& pieces) {
  IdsByText ids;
  ids.reserve(pieces.size());
  for (size_t id = 0; id < pieces.size(); ++id) ids[pieces[id]] = static_cast<int32_t>(id);
  return ids;
}

TokenizerFolder::TokenizerFolder(const fs::path& folder)
    : path(folder), config_file(folder / "tokenizer_config.json"), config(optional_json(config_file)) {
  lower_case = read_sentence_config(folder).lower_case;
  const auto decoder = config.find("added_tokens_decoder");
  if (decoder != config.end() && !decoder->is_null()) {
    listed_file = config_file;
    listed = read_decoder(*decoder, config_file);
    has_decoder = true;
    extras = read_extras(config, config_file);
  } else {
    extras = read_extras(config, config_file);
    std::set<std::string> special(extras.begin(), extras.end());  // the library asks before it looks further
    config.update(optional_json(folder / "special_tokens_map.json"));
    extras = read_extras(config, config_file);
    for (const char* role : kRoles) special.insert(token(role, ""));
    listed_file = folder / "added_tokens.json";
    listed = read_added(listed_file, special);
  }
  std::sort(listed.begin(), listed.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
}

std::string TokenizerFolder::token(const std::string& name, const std::string& usual) const {
  const auto found = config.find(name);
  const bool described = found != config.end() && found->is_object();
  return described ? json_get(*found, "content", usual, config_file)
                   : json_get(config, name, usual, config_file);
}

std::vector<std::string> TokenizerFolder::special_texts() const {
  std::vector<std::string> texts;
  for (const char* role : kRoles) texts.push_back(token(role, ""));
  texts.insert(texts.end(), extras.begin(), extras.end());
  return texts;
}

std::string TokenizerFolder::class_name() const {
  auto name = json_get<std::string>(config, "tokenizer_class", "", config_file);
  if (!name.empty()) return name;
  const fs::path encoder = path / "config.json";
  const Json json = optional_json(encoder);
  name = json_get<std::string>(json, "tokenizer_class", "", encoder);
  return name.empty() ? json_get<std::string>(json, "model_type", "", encoder) : name;
}

bool TokenizerFolder::has_token_types() const {
  static const std::set<std::string> kClasses = {
      "",          "Bert", "Electra", "MobileBert", "LayoutLM",    "SqueezeBert", "ConvBert",
      "DebertaV2", "bert", "electra", "mobilebert", "squeezebert", "convbert"};
  const std::string name = class_name();
  std::vector<std::string> names;
  if (kClasses.contains(name.substr(0, name.find("Tokenizer")))) names = {"token_type_ids"};
  names = json_get(config, "model_input_names", names, config_file);
  return std::ranges::find(names, "token_type_ids") != names.end();
}

std::optional<Truncation> TokenizerFolder::truncation() const {
  const auto found = config.find("truncation_side");
  if (found == config.end()) return std::nullopt;
  if (*found == "left") return Truncation::kTail;
  if (*found == "right") return Truncation::kHead;
  fail_input(config_file.string(), ": \"truncation_side\" is ", shown_json(*found),
             ", valid are left and right");
}

AddedToken TokenizerFolder::described(const std::string& content, int32_t id) const {
  AddedToken token{.content = content, .id = id};
  for (const char* role : kRoles)
    if (const auto found = config.find(role); found != config.end() && found->is_object())
      if (json_get<std::string>(*found, "content", "", config_file) == content)
        token = read_token(*found, false, config_file);
  for (const AddedToken& known : listed)
    if (known.content == content) token = known;
  token.id = id;
  return token;
}

void append_folder_tokens(const TokenizerFolder& folder, std::vector<std::string>& pieces,
                          Pipeline& pipeline) {
  std::unordered_map<std::string, size_t> known;  // text → index into pipeline.added
  for (size_t i = 0; i < pipeline.added.size(); ++i) {
    known.emplace(pipeline.added[i].content, i);
    const auto id = static_cast<size_t>(pipeline.added[i].id);
    if (id >= pieces.size()) pieces.resize(id + 1);
    pieces[id] = pipeline.added[i].content;
  }
  std::optional<IdsByText> ids;  // of a large vocabulary they take their time, and are seldom asked for
  const auto id_of = [&](const std::string& text) {
    if (const auto found = known.find(text); found != known.end()) return pipeline.added[found->second].id;
    if (!ids) ids = ids_by_text(pieces);
    const auto [entry, is_new] = ids->try_emplace(text, static_cast<int32_t>(pieces.size()));
    if (is_new) pieces.push_back(text);
    return entry->second;
  };
  const auto add = [&](const AddedToken& token) {
    const auto [entry, is_new] = known.try_emplace(token.content, pipeline.added.size());
    if (is_new)
      pipeline.added.push_back(token);
    else if (folder.has_decoder)
      pipeline.added[entry->second] = token;
  };
  for (const AddedToken& token : folder.listed) {
    if (token.content.empty()) continue;
    if (const int32_t id = id_of(token.content); id != token.id)
      fail_input(folder.listed_file.string(), ": the token \"", shortened(token.content, 60),
                 "\" has the id ", token.id, ", but its place in the vocabulary is ", id);
    add(token);
  }
  for (const std::string& text : folder.special_texts())
    if (!text.empty() && !known.contains(text)) add(folder.described(text, id_of(text)));
}

}  // namespace mtnlp
