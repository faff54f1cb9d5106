// The sentence-transformers side of a model folder: where the encoder lies, how its tokens are pooled, what
// goes before every text. Torch-free.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "hub/pooling.h"
#include "text/tokenizer.h"

namespace mtnlp {

/// Texts that go before the texts to embed: config_sentence_transformers.json.
struct Prompts {
  std::map<std::string, std::string> texts;  ///< name → text ("query" → "query: ")
  std::string default_name;                  ///< name of the prompt that always applies; empty: none

  const std::string& default_text() const;  ///< "" when there is no default
};

/// The sentence-transformers modules of a folder.
struct Modules {
  PoolingMode pooling = PoolingMode::kMean;
  bool include_prompt = true;  ///< whether the tokens of the prompt are pooled, too
  bool normalize = false;      ///< whether embeddings are scaled to length 1
  bool lower_case = false;     ///< SentenceConfig::lower_case
  size_t max_length = 0;       ///< SentenceConfig::max_length
  Prompts prompts;
  fs::path transformer;  ///< the encoder's own files, relative to the folder; empty when it is that
  std::vector<std::string> folders;  ///< relative, of the modules that have one besides the encoder
};

/// Says whether sentence-transformers has this pooling, too.
bool sentence_transformers_has(PoolingMode mode);

/// Throws Error, which says what to name instead, when `folder` lies around a model of the hub's cache, which
/// keeps it as models--OWNER--NAME/snapshots/REVISION.
void refuse_cache_folder(const fs::path& folder);

/// Reads modules.json, the pooling module's config.json, SentenceConfig and config_sentence_transformers.json
/// as far as they exist. Throws Error naming a module or pooling that is not supported, and a folder of the
/// hub's cache that only holds the model's.
Modules read_modules(const fs::path& folder);

/// Returns where the encoder's own files are: config.json, weights and tokenizer.
fs::path transformer_folder(const fs::path& folder);

/// Writes the same files so that Python's SentenceTransformer(folder) computes what we compute; the encoder's
/// own files belong into `folder` itself. For a pooling that it lacks there is no modules.json.
void write_modules(const fs::path& folder, const Modules& modules, int64_t dim);

/// Which prompt the user asked for; at most one of the three.
struct PromptChoice {
  std::string name = {};  ///< name of a prompt of the folder; empty: not chosen by name
  std::string text = {};  ///< the prompt itself; empty: not given
  bool none = false;      ///< use no prompt, not even the folder's default
};

/// Returns `prompts` with the default that `choice` asks for, which without any stays as it is. Throws Error
/// naming `folder` and the prompts it has when it lacks that one.
Prompts choose_prompt(Prompts prompts, const PromptChoice& choice, const fs::path& folder);

}  // namespace mtnlp
