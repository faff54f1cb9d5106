#include "hub/encoder_config.h"

#include <utility>

#include "base/placeholder.h"
#include "hub/architectures/all.h"
#include "hub/config_values.h"

namespace mtnlp {
namespace {

// Beyond any encoder. parameter_count stays inside 64 bits with them.
constexpr int64_t kMaxVocabulary = 1 << 24, kMaxLayers = 1 << 10;

/// Lets DistilBERT's sizes go by BERT's names, too (the attribute_map of `transformers`).
void rename_keys(Json& json, const ConfigKeys& keys) {
  for (const auto& [theirs, ours] :
       {std::pair{kBertKeys.dim, keys.dim}, std::pair{kBertKeys.layers, keys.layers},
        std::pair{kBertKeys.heads, keys.heads}})
    if (json.contains(theirs) && !json.contains(ours)) json[ours] = json[theirs];
}

/// Throws Error for an id with a role that has no row.
void check_special_ids(const Json& json, int64_t vocabulary, const fs::path& file) {
  for (const char* key : {"pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id",
                          "mask_token_id", "unk_token_id"})
    if (const auto found = json.find(key); found != json.end() && found->is_number())
      if (const auto id = json_get<int64_t>(json, key, 0, file); id >= vocabulary)
        fail_input(file.string(), ": \"", key, "\" is ", id, ", but \"vocab_size\" is ", vocabulary);
}

}  // namespace

EncoderConfig read_encoder_config(const fs::path& file) {
  refuse_placeholder(file);
  EncoderConfig config;
  config.source = read_json(file);
  const Json& json = config.source;
  config.architecture = &find_architecture(json_require<std::string>(json, "model_type", file), file);
  const ConfigKeys& keys = config.architecture->keys;
  rename_keys(config.source, keys);
  require_value(json, keys.activation, "gelu", file);
  config.vocabulary = read_size(json, "vocab_size", 30522, file, 1, kMaxVocabulary);
  config.positions = read_size(json, "max_position_embeddings", 512, file, 3);
  config.dim = read_size(json, keys.dim, 768, file);
  config.layers = read_size(json, keys.layers, keys.usual_layers, file, 1, kMaxLayers);
  config.heads = read_size(json, keys.heads, 12, file);
  config.hidden_dim = read_size(json, keys.hidden_dim, 3072, file);
  check_special_ids(json, config.vocabulary, file);
  config.dropout = read_rate(json, keys.dropout, 0.1, file);
  config.attention_dropout = read_rate(json, keys.attention_dropout, 0.1, file);
  config.init_std = read_positive(json, "initializer_range", 0.02, file);
  if (config.dim % config.heads != 0)
    fail_input(file.string(), ": \"", keys.heads, "\" is ", config.heads, ", which does not divide \"",
               keys.dim, "\" ", config.dim);
  config.architecture->read_rest(json, file, config);
  config.positions -= config.architecture->reserved_positions;
  return config;
}

Json config_json(const EncoderConfig& config, const std::string& class_name) {
  Json json = config.source;
  json["architectures"] = {class_name};
  json.erase("torch_dtype");
  json["dtype"] = "float32";
  return json;
}

int64_t parameter_count(const EncoderConfig& config) {
  const int64_t d = config.dim, h = config.hidden_dim;
  const int64_t reserved = config.architecture->reserved_positions;
  const int64_t embeddings = config.vocabulary + config.positions + reserved + config.token_types + 2;
  const int64_t layer = 4 * (d * d + d) + 2 * d * h + h + d + 4 * d;
  return embeddings * d + config.layers * layer;
}

EncoderConfig with_layers(EncoderConfig config, int64_t layers) {
  config.layers = layers;
  config.source[config.architecture->keys.layers] = layers;
  return config;
}

}  // namespace mtnlp
