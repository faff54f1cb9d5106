#include "mtnlp/model/encoder_config.h"

#include "mtnlp/base/suggest.h"

namespace mtnlp {
namespace {

constexpr int64_t kMaxSize = 1 << 24;  // beyond any encoder; keeps products of two sizes inside 64 bits

/// The names DistilBERT and the BERT family use for the same sizes.
struct Keys {
  const char *dim, *layers, *heads, *hidden_dim, *dropout, *attention_dropout, *activation;
};
constexpr Keys kDistilBertKeys = {"dim",     "n_layers",          "n_heads",   "hidden_dim",
                                  "dropout", "attention_dropout", "activation"};
constexpr Keys kBertKeys = {"hidden_size",       "num_hidden_layers",   "num_attention_heads",
                            "intermediate_size", "hidden_dropout_prob", "attention_probs_dropout_prob",
                            "hidden_act"};

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

int64_t read_size(const Json& json, const char* key, const fs::path& file, int64_t least = 1) {
  const auto value = json_require<int64_t>(json, key, file);
  if (value < least || value > kMaxSize)
    fail_input(file.string(), ": \"", key, "\" is ", value, "; valid are ", least, " to ", kMaxSize);
  return value;
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
  EncoderConfig config;
  config.source = read_json(file);
  const Json& json = config.source;
  config.architecture = parse_architecture(json_require<std::string>(json, "model_type", file), file);
  const Keys& keys = keys_of(config.architecture);
  require_value(json, keys.activation, "gelu", file);
  config.vocabulary = read_size(json, "vocab_size", file);
  config.positions = read_size(json, "max_position_embeddings", file, 3);
  config.dim = read_size(json, keys.dim, file);
  config.layers = read_size(json, keys.layers, file);
  config.heads = read_size(json, keys.heads, file);
  config.hidden_dim = read_size(json, keys.hidden_dim, file);
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
    config.token_types = read_size(json, "type_vocab_size", file);
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
