// All that a model is besides its weights, in memory: what a checkpoint's or encoder folder's files say.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hub/encoder_config.h"
#include "hub/model_folder.h"

namespace mtnlp {

/// The weights of a task's linear layer.
struct HeadWeights {
  std::vector<float> weight;  ///< [C, D]
  std::vector<float> bias;    ///< [C]
};

struct ModelSettings {
  EncoderConfig config;
  Modules modules;          ///< pooling and prompts among them; the default prompt is in use
  std::vector<Task> tasks;  ///< empty for an encoder folder
  std::shared_ptr<const Tokenizer> tokenizer;
  TextCut cut;                                    ///< how long texts are fitted
  TextColumns text;                               ///< text columns of the training rows
  size_t unpooled = 0;                            ///< first tokens of each sequence that pooling leaves out
  std::map<std::string, std::string> provenance;  ///< free text: the encoder it grew from, seed, epoch
  /// The tokenizer's files by name, which a checkpoint carries along; null unless keep_tokenizer_files read
  /// them.
  std::shared_ptr<const std::map<std::string, std::string>> tokenizer_files;
};

/// Reads the settings of an encoder folder, whose modules.prompts have the default that `prompt` asks for.
/// Throws Error naming the file.
ModelSettings read_encoder_settings(const fs::path& folder, const PromptChoice& prompt = {});

/// Reads those of a checkpoint, and verifies it: every checksum, and that no file slipped in that would shape
/// the predictions. Throws Error naming the file; an encoder without heads is refused as such.
ModelSettings read_checkpoint_settings(const fs::path& folder, const PromptChoice& prompt = {});

/// Reads the heads of a checkpoint, parallel to `settings.tasks`. Throws Error naming the tensor.
std::vector<HeadWeights> read_heads(const fs::path& folder, const ModelSettings& settings);

/// Reads what the pooling of `settings` learned; empty for a kind that learns nothing. Throws Error naming
/// the file and tensor.
PoolingWeights read_pooling_weights(const fs::path& folder, const ModelSettings& settings);

/// Reads the tokenizer's files of the folder that `settings` were read from into them. For whoever will write
/// checkpoints: these are written from what was read at the start.
void keep_tokenizer_files(const fs::path& folder, ModelSettings& settings);

/// Fills `folder` (existing, empty) with a checkpoint: the files of `settings`, what `write_weights` adds,
/// and tasks.json with the checksums of all. Call inside write_folder_atomic or RunFolder::add_checkpoint.
void write_checkpoint(const fs::path& folder, const ModelSettings& settings,
                      const std::function<void()>& write_weights);

/// Throws Error unless 2 <= max_length <= the encoder's positions. `where` it was given, for the message:
/// a field or a file.
void check_max_length(size_t max_length, const EncoderConfig& config, const std::string& where);
/// Throws Error where `cut` does not fit encoder or tokenizer, or has windows for texts that are pairs.
void check_cut(const TextCut& cut, const EncoderConfig& config, const Tokenizer& tokenizer, bool pairs);

}  // namespace mtnlp
