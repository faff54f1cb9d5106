// BERT (Devlin et al. 2019), and the small ones of its shape such as MiniLM.
#include "hub/architectures/all.h"
#include "hub/config_values.h"

namespace mtnlp {

void read_bert_rest(const Json& json, const fs::path& file, EncoderConfig& config) {
  require_value(json, "position_embedding_type", "absolute", file);
  if (json_get<bool>(json, "is_decoder", false, file))
    fail_input(file.string(), ": \"is_decoder\" is true; only encoders are supported");
  config.layer_norm_eps = read_positive(json, "layer_norm_eps", 1e-12, file);
  config.token_types = read_size(json, "type_vocab_size", 2, file);
  config.projection_dropout = true;
}

const Architecture kBert = {
    .model_type = "bert",
    .name = "BERT",
    .class_name = "BertModel",
    .prefix = "bert.",
    .stack = "encoder.layer.",
    .reserved_positions = 0,
    .keys = kBertKeys,
    .layer = kBertLayer,
    .lm_head = {"BertForMaskedLM", "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
                "cls.predictions.bias"},
    .read_rest = read_bert_rest,
};

}  // namespace mtnlp
