// The shape of an encoder, read from config.json. Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"
#include "hub/architecture.h"

namespace mtnlp {

struct EncoderConfig {
  const Architecture* architecture = nullptr;  ///< one of architectures()
  int64_t vocabulary = 0;                      ///< rows of the word embeddings; token ids are below it
  int64_t positions = 0;                       ///< most tokens of a sequence, without reserved rows
  int64_t dim = 0;                             ///< D, size of a hidden state
  int64_t layers = 0;                          ///< transformer layers, at least 1
  int64_t heads = 0;                           ///< attention heads per layer; dim is a multiple of it
  int64_t hidden_dim = 0;                      ///< inner size of the feed-forward part
  int64_t token_types = 0;                     ///< rows of token_type_embeddings, 0 for DistilBERT
  double layer_norm_eps = 1e-12;               ///< added to the variance in LayerNorm
  double dropout = 0.1;                        ///< rate in [0, 1) after embeddings and feed-forward part
  double attention_dropout = 0.1;              ///< rate in [0, 1) on attention probabilities
  bool projection_dropout = false;             ///< BERT: `dropout` also after the projection of attention
  bool pairs = false;      ///< sequences are pairs of texts; training then learns the rows of the token types
  double init_std = 0.02;  ///< standard deviation of random weights
  Json source;             ///< config.json as read, to be written into checkpoints

  bool has_second_type() const { return token_types > 1; }
  int64_t head_dim() const { return dim / heads; }
};

/// Reads and validates `file` (a config.json); what it leaves out is as `transformers` has it. Throws Error
/// naming the file and key: broken JSON, sizes out of range, heads not dividing the size, special ids beyond
/// the vocabulary, a model_type, activation or position kind that is not supported.
EncoderConfig read_encoder_config(const fs::path& file);

/// Returns the config.json of a folder that AutoModel opens as `class_name`.
Json config_json(const EncoderConfig& config, const std::string& class_name);

/// Returns how many weights such an encoder has in a file, without pooler.
int64_t parameter_count(const EncoderConfig& config);

/// Returns the same config with only `layers` layers, in `source` too.
EncoderConfig with_layers(EncoderConfig config, int64_t layers);

}  // namespace mtnlp
