// DistilBERT (Sanh et al. 2019).
#include "hub/architectures/all.h"

namespace mtnlp {
namespace {

void read_distilbert_rest(const Json&, const fs::path&, EncoderConfig&) {}

}  // namespace

const Architecture kDistilBert = {
    .model_type = "distilbert",
    .name = "DistilBERT",
    .class_name = "DistilBertModel",
    .prefix = "distilbert.",
    .stack = "transformer.layer.",
    .reserved_positions = 0,
    .keys = {"dim", "n_layers", "n_heads", "hidden_dim", "dropout", "attention_dropout", "activation", 6},
    .layer = {"attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm",
              "ffn.lin1", "ffn.lin2", "output_layer_norm"},
    .lm_head = {"DistilBertForMaskedLM", "vocab_transform", "vocab_layer_norm", "vocab_projector.bias"},
    .read_rest = read_distilbert_rest,
};

}  // namespace mtnlp
