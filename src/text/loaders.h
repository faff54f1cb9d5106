// The loaders behind load_tokenizer: one per kind of file, and what they share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mtnlp/base/json.h"
#include "mtnlp/text/pipeline.h"
#include "mtnlp/text/tokenizer.h"

namespace mtnlp {

/// The small files beside a vocabulary that say how it is used.
struct TokenizerFolder {
  explicit TokenizerFolder(const fs::path& folder);

  /// The text of a token such as "cls_token", which may be written as a string or as an object.
  std::string token(const std::string& name, const std::string& usual) const;

  fs::path path;
  fs::path config_file;  ///< tokenizer_config.json
  Json config;           ///< its content; empty when there is none
};

std::unique_ptr<Tokenizer> load_tokenizer_json(const TokenizerFolder& folder, const fs::path& file);
std::unique_ptr<Tokenizer> load_vocabulary(const TokenizerFolder& folder, const fs::path& file);
std::unique_ptr<Tokenizer> load_sentencepiece(const TokenizerFolder& folder, const fs::path& file);

/// The content of a JSON file, an empty object when there is none.
Json optional_json(const fs::path& file);

/// The id of `text` among `pieces`, the last one of several. Throws Error naming `file` when there is none.
int32_t id_of(const std::vector<std::string>& pieces, const std::string& text, const fs::path& file);

/// sentence-transformers' own switch, do_lower_case in sentence_bert_config.json, puts a lower-casing in
/// front of all else, unless the normaliser `json` already holds one.
void lower_first_when_asked(const TokenizerFolder& folder, const Json& json, Normalizer& normalizer);

/// "type" of a part of tokenizer.json, "" when there is none.
std::string type_of(const Json& json);

}  // namespace mtnlp
