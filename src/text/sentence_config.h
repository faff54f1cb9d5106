// What sentence-transformers says about an encoder's texts: sentence_bert_config.json, or what the file was
// called before.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtnlp {

/// Returns the names of the file; of several in one folder the first here counts, as in the library.
const std::vector<std::string>& sentence_config_names();

struct SentenceConfig {
  fs::path file;            ///< sentence_bert_config.json or an older name; empty when there is none
  size_t max_length = 0;    ///< tokens: max_seq_length, else model_max_length of the tokenizer, else 0
  bool lower_case = false;  ///< do_lower_case: whether the raw text is lower-cased before all else
};

/// Reads the file of a folder that holds an encoder's own files. Throws Error naming the key: another type, a
/// length below 2, a transformer_task other than feature-extraction.
SentenceConfig read_sentence_config(const fs::path& folder);

}  // namespace mtnlp
