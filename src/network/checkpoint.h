// A checkpoint: a sentence-transformers folder with the heads beside it.
//   config.json model.safetensors, the tokenizer's files        the encoder, as `transformers` loads it
//   modules.json 1_Pooling/config.json sentence_bert_config.json config_sentence_transformers.json README.md
//   heads.safetensors     NAME.weight [C, D] and NAME.bias [C] per task
//   resume.json resume.safetensors    in a run, the state to go on from (train/run_state.h)
//   tasks.json            format version, tasks, labels, pooling, length, provenance, checksums of all files
//   above
#pragma once

#include "network/model.h"

namespace mtnlp {

/// Fills `folder` (existing, empty). Call inside write_folder_atomic or RunFolder::add_checkpoint; files that
/// `also` adds are covered by the checksums.
void save_checkpoint(const fs::path& folder, const Model& model,
                     const std::function<void(const fs::path&)>& also = nullptr);

/// Loads and verifies `folder`: every checksum, and that no file slipped in that would shape the predictions.
/// Throws Error naming the file or tensor; a folder that is an encoder without heads is refused as such. Its
/// own prompt goes before every text unless `prompt` asks for another.
Model load_checkpoint(const fs::path& folder, const PromptChoice& prompt = {});

/// Encoder, modules and tokenizer of an encoder folder, or of a checkpoint with its heads: what `embed`
/// needs.
struct EmbeddingModel {
  Model model;
  bool normalize = false;
};
EmbeddingModel load_embedding_model(const fs::path& folder, const PromptChoice& prompt = {});

}  // namespace mtnlp
