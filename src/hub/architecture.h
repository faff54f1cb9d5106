// What the encoders that are supported call their settings and their tensors. Each has a source of its own in
// src/hub/architectures; a new one is a source there and a line in architecture.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace mtnlp {

struct EncoderConfig;

/// The keys of config.json, and how many layers there are where it does not say.
struct ConfigKeys {
  const char *dim, *layers, *heads, *hidden_dim, *dropout, *attention_dropout, *activation;
  int64_t usual_layers;
};

/// What the tensors of a layer are called behind the layer's prefix; each is a ".weight" and a ".bias".
struct LayerNames {
  const char *query, *key, *value, *out, *attention_norm, *up, *down, *output_norm;
};

/// What a folder with a language-model head has more: a dense layer with GELU and a LayerNorm, each a ".weight"
/// and a ".bias", and the bias of the decoder, whose weights are the word embeddings.
struct LmHeadNames {
  const char* class_name;  ///< class of `transformers`: "BertForMaskedLM"
  const char *transform, *norm, *bias;
};

/// An encoder of post-LayerNorm transformer layers (Devlin et al. 2019). The first token type
/// and reserved positions are folded into the position embeddings, so that the network is the same for all.
struct Architecture {
  const char* model_type;      ///< model_type in config.json: "distilbert"
  const char* name;            ///< name for people: "DistilBERT"
  const char* class_name;      ///< class of `transformers`: "DistilBertModel"
  const char* prefix;          ///< prefix that all names of a file may have: "distilbert."
  const char* stack;           ///< text before the number of a layer: "transformer.layer."
  int64_t reserved_positions;  ///< rows of the position embeddings before that of the first token
  ConfigKeys keys;
  LayerNames layer;
  LmHeadNames lm_head;
  /// Reads what only this architecture has into `config`, whose sizes are there. Throws Error naming `file`.
  void (*read_rest)(const Json& json, const fs::path& file, EncoderConfig& config);
};

/// Returns all that are supported.
const std::vector<const Architecture*>& architectures();
/// Returns the one of a config.json; throws Error naming `file` and those that are supported.
const Architecture& find_architecture(const std::string& model_type, const fs::path& file);

}  // namespace mtnlp
