// The loaders behind load_tokenizer: one per kind of file, and what they share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "text/pipeline.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace mtnlp {

/// The small files beside a vocabulary that say how it is used: tokenizer_config.json and, unless that holds
/// an added_tokens_decoder, special_tokens_map.json and added_tokens.json.
struct TokenizerFolder {
  explicit TokenizerFolder(const fs::path& folder);

  /// Returns the text of a token such as "cls_token", which may be written as a string or as an object.
  std::string token(const std::string& name, const std::string& usual) const;
  /// Returns the texts of all tokens with a role, and of special ones without; "" for a role without a token.
  std::vector<std::string> special_texts() const;
  /// Returns the class that `transformers` makes of the folder: "BertTokenizerFast"; the model_type of
  /// config.json
  /// ("bert") where none is named, which stands for the usual one; "" for none.
  std::string class_name() const;
  /// Says whether the class hands out token types, which those of BERT's family do unless model_input_names says
  /// otherwise. A folder that names no class counts as one of them.
  bool has_token_types() const;
  /// Returns which end of a long text is kept, by truncation_side. Throws Error for a value that is not a
  /// side.
  std::optional<Truncation> truncation() const;
  /// Returns the token `content` as the files describe it; one that they do not is looked for in the raw text
  /// as it is.
  AddedToken described(const std::string& content, int32_t id) const;

  fs::path path;
  fs::path config_file;             ///< tokenizer_config.json
  Json config;                      ///< its content, overlaid by special_tokens_map.json; empty: no file
  fs::path listed_file;             ///< where `listed` comes from
  std::vector<AddedToken> listed;   ///< tokens with their ids, ascending
  bool has_decoder = false;         ///< `listed` is an added_tokens_decoder, which counts before all else
  std::vector<std::string> extras;  ///< special tokens without a role
  bool lower_case = false;          ///< SentenceConfig::lower_case
};

/// Gives `pipeline` the tokens that the folder names beside the vocabulary and that it does not have yet,
/// under the ids that `transformers` gives them: the vocabulary's own, else the next free ones, which are put
/// behind `pieces`; so are those it has. Throws Error when a file names another id.
void append_folder_tokens(const TokenizerFolder& folder, std::vector<std::string>& pieces,
                          Pipeline& pipeline);

std::unique_ptr<Tokenizer> load_tokenizer_json(const TokenizerFolder& folder, const fs::path& file);
/// Makes what the class BertTokenizer makes of a vocabulary, of the tokens in `added` and of the folder's
/// files.
std::unique_ptr<Tokenizer> make_bert(const TokenizerFolder& folder, std::vector<std::string> pieces,
                                     std::vector<AddedToken> added, const fs::path& file);
std::unique_ptr<Tokenizer> load_vocabulary(const TokenizerFolder& folder, const fs::path& file);
std::unique_ptr<Tokenizer> load_sentencepiece(const TokenizerFolder& folder, const fs::path& file);

/// Ids by text; of equal texts the last counts.
using IdsByText = std::unordered_map<std::string, int32_t>;
IdsByText ids_by_text(const std::vector<std::string>& pieces);

/// Returns the content of a JSON file, an empty object when there is none.
Json optional_json(const fs::path& file);

/// Returns the id of `text` among `pieces`, the last one of several. Throws Error naming `file` when there is
/// none.
int32_t id_of(const std::vector<std::string>& pieces, const std::string& text, const fs::path& file);

/// Returns an id of a file; throws Error unless it is a whole number that a vocabulary can have.
int32_t checked_id(const Json& json, const fs::path& file);

/// Reads an object with "content" as a token without an id; `normalized` is what holds when it does not say.
AddedToken read_token(const Json& json, bool normalized, const fs::path& file);

/// Reads how BertTokenizer cleans texts up: do_lower_case and the like of tokenizer_config.json.
BertCleanUp bert_clean_up(const TokenizerFolder& folder);

/// Returns a value as an error message shows it.
std::string shown_json(const Json& json);

/// Puts a lower-casing in front of all else when sentence-transformers' own switch asks for it (do_lower_case
/// of SentenceConfig), unless the normaliser `json` already holds one.
void lower_first_when_asked(const TokenizerFolder& folder, const Json& json, Normalizer& normalizer);

/// Returns "type" of a part of tokenizer.json, "" when there is none.
std::string type_of(const Json& json);

}  // namespace mtnlp
