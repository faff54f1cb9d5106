#include "hub/encoder_config.h"

#include <utility>

#include "base/placeholder.h"
#include "base/suggest.h"

namespace mtnlp {
namespace {

// Beyond any encoder. parameter_count stays inside 64 bits with them.
constexpr int64_t kMaxSize = 1 << 20, kMaxVocabulary = 1 << 24, kMaxLayers = 1 << 10;

/// The names DistilBERT and the BERT family use for the same sizes, and how many layers they usually have.
struct Keys {
  const char *dim, *layers, *heads, *hidden_dim, *dropout, *attention_dropout, *activation;
  int64_t usual_layers;
};
constexpr Keys kBertKeys = {"hidden_size",         "num_hidden_layers",
                            "num_attention_heads", "intermediate_size",
                            "hidden_dropout_prob", "attention_probs_dropout_prob",
                            "hidden_act",          12};
constexpr Keys kDistilBertKeys = {"dim",     "n_layers",          "n_heads",    "hidden_dim",
                                  "dropout", "attention_dropout", "activation", 6};

const Keys& keys_of(Architecture architecture) {
  return architecture == Architecture::kDistilBert ? kDistilBertKeys : kBertKeys;
}

Architecture parse_architecture(const std::string& model_type, const fs::path& file) {
  if (model_type == "distilbert") return Architecture::kDistilBert;
  if (model_type == "bert") return Architecture::kBert;
  if (model_type == "xlm-roberta") return Architecture::kXlmRoberta;
  fail_input(file.string(), ": model_type \"", model_type,
             "\" is not supported; supported: distilbert, bert, xlm-roberta");
}

/// Reads a size, `usual` where the config leaves it out, as `transformers` has it.
int64_t read_size(const Json& json, const char* key, int64_t usual, const fs::path& file, int64_t least = 1,
                  int64_t most = kMaxSize) {
  const auto value = json_get<int64_t>(json, key, usual, file);
  if (value < least || value > most)
    fail_input(file.string(), ": \"", key, "\" is ", value, "; valid are ", least, " to ", most);
  return value;
}

/// Gives DistilBERT's sizes their names: they may go by BERT's (the attribute_map of `transformers`).
void rename_keys(Json& json) {
  for (const auto& [theirs, ours] :
       {std::pair{kBertKeys.dim, kDistilBertKeys.dim}, std::pair{kBertKeys.layers, kDistilBertKeys.layers},
        std::pair{kBertKeys.heads, kDistilBertKeys.heads}})
    if (json.contains(theirs) && !json.contains(ours)) json[ours] = json[theirs];
}

/// Ids with a role must have a row.
void check_special_ids(const Json& json, int64_t vocabulary, const fs::path& file) {
  for (const char* key : {"pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id",
                          "mask_token_id", "unk_token_id"})
    if (const auto found = json.find(key); found != json.end() && found->is_number())
      if (const auto id = json_get<int64_t>(json, key, 0, file); id >= vocabulary)
        fail_input(file.string(), ": \"", key, "\" is ", id, ", but \"vocab_size\" is ", vocabulary);
}

double read_rate(const Json& json, const char* key, double fallback, const fs::path& file) {
  const auto value = json_get<double>(json, key, fallback, file);
  if (!(value >= 0 && value < 1))
    fail_input(file.string(), ": \"", key, "\" is ", value, "; valid are 0 to below 1");
  return value;
}

double read_positive(const Json& json, const char* key, double fallback, const fs::path& file) {
  const auto value = json_get<double>(json, key, fallback, file);
  if (!(value > 0)) fail_input(file.string(), ": \"", key, "\" is ", value, "; valid are numbers above 0");
  return value;
}

void require_value(const Json& json, const char* key, const std::string& expected, const fs::path& file) {
  const auto value = json_get<std::string>(json, key, expected, file);
  if (value != expected)
    fail_input(file.string(), ": \"", key, "\" is \"", value, "\"; supported: ", expected);
}

}  // namespace

EncoderConfig read_encoder_config(const fs::path& file) {
  refuse_placeholder(file);
  EncoderConfig config;
  config.source = read_json(file);
  const Json& json = config.source;
  config.architecture = parse_architecture(json_require<std::string>(json, "model_type", file), file);
  if (config.architecture == Architecture::kDistilBert) rename_keys(config.source);
  const Keys& keys = keys_of(config.architecture);
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
  if (config.architecture != Architecture::kDistilBert) {
    require_value(json, "position_embedding_type", "absolute", file);
    if (json_get<bool>(json, "is_decoder", false, file))
      fail_input(file.string(), ": \"is_decoder\" is true; only encoders are supported");
    config.layer_norm_eps = read_positive(json, "layer_norm_eps", 1e-12, file);
    config.token_types = read_size(json, "type_vocab_size", 2, file);
    config.projection_dropout = true;
  }
  if (config.architecture == Architecture::kXlmRoberta) config.positions -= 2;
  return config;
}

int64_t parameter_count(const EncoderConfig& config) {
  const int64_t d = config.dim, h = config.hidden_dim;
  const int64_t reserved = config.architecture == Architecture::kXlmRoberta ? 2 : 0;
  const int64_t embeddings = config.vocabulary + config.positions + reserved + config.token_types + 2;
  const int64_t layer = 4 * (d * d + d) + 2 * d * h + h + d + 4 * d;
  return embeddings * d + config.layers * layer;
}

const char* architecture_name(Architecture architecture) {
  constexpr const char* kNames[] = {"DistilBERT", "BERT", "XLM-R"};
  return kNames[static_cast<size_t>(architecture)];
}

EncoderConfig with_layers(EncoderConfig config, int64_t layers) {
  config.layers = layers;
  config.source[keys_of(config.architecture).layers] = layers;
  return config;
}

}  // namespace mtnlp
