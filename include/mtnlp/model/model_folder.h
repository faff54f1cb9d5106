// What the JSON files beside the weights say: pooling, normalisation, length, tasks. Torch-free.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "mtnlp/base/json.h"
#include "mtnlp/data/dataset.h"
#include "mtnlp/text/tokenizer.h"

namespace mtnlp {

/// How hidden states [N, D] become one embedding per sequence [B, D]; special tokens are included.
enum class PoolingMode { kMean, kCls, kMax };

PoolingMode parse_pooling(const std::string& name);  ///< "mean", "cls", "max"; throws Error
const char* pooling_name(PoolingMode mode);
const std::vector<std::string>& pooling_names();

/// Weights in 8 bits, in place of model.safetensors: no other library reads the file, and none shall try. An
/// encoder loaded from it is in Precision::kInt8.
inline constexpr const char* kInt8WeightsFile = "model.int8.safetensors";
inline constexpr const char* kHeadsFile = "heads.safetensors";  ///< of a checkpoint

/// Which weights `folder` has; model.safetensors when it has none.
fs::path weights_file(const fs::path& folder);

/// The sentence-transformers modules of a folder.
struct Modules {
  PoolingMode pooling = PoolingMode::kMean;
  bool normalize = false;  ///< embeddings are scaled to length 1
  bool lower_case =
      false;  ///< sentence_bert_config.json's do_lower_case: the raw text is lowered (by the tokenizer)
  size_t max_length = 0;  ///< max_seq_length or the tokenizer's model_max_length; 0 when neither is given
};

/// Reads modules.json, the pooling module's config.json, sentence_bert_config.json and tokenizer_config.json
/// as far as they exist. Throws Error naming a module or pooling that is not supported.
Modules read_modules(const fs::path& folder);

/// How a folder cuts long texts.
struct TextCut {
  size_t max_length = 0;  ///< in tokens, the special ones counted
  Truncation truncation = Truncation::kHead;
};

/// A checkpoint's own; for an encoder the modules' length, at most its positions, and the head kept.
TextCut read_text_cut(const fs::path& folder);

/// Writes the same files so that Python's SentenceTransformer(folder) computes what we compute.
void write_modules(const fs::path& folder, const Modules& modules, int64_t dim);

/// tasks.json of a checkpoint: all that the weights do not say.
struct TasksFile {
  static constexpr int kVersion =
      1;  ///< of the format; raised when an older reader would misunderstand a file
  std::vector<Task> tasks;
  PoolingMode pooling = PoolingMode::kMean;
  size_t max_length = 128;
  Truncation truncation = Truncation::kHead;
  /// Free text: the encoder it grew from, version, seed; at the end of an epoch its number and scores.
  std::map<std::string, std::string> provenance;
  std::map<std::string, std::string> checksums;  ///< file in the folder → file_checksum
};

bool is_checkpoint(const fs::path& folder);  ///< has a tasks.json
/// Reads tasks.json, verified by its own checksum. Throws Error naming the file.
TasksFile parse_tasks_file(const fs::path& folder);
/// The same, with the checksums of all other files verified too.
TasksFile read_tasks_file(const fs::path& folder);
/// Writes tasks.json with the checksums of all other files in `folder`; like write_modules not atomic by
/// itself.
void write_tasks_file(const fs::path& folder, TasksFile tasks);

Truncation parse_truncation(const std::string& name);  ///< "head", "tail", "head+tail"; throws Error
const char* truncation_name(Truncation truncation);
const std::vector<std::string>& truncation_names();

}  // namespace mtnlp
