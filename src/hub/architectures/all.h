// The tables of src/hub/architectures, and what several of them share.
#pragma once

#include "hub/architecture.h"
#include "hub/encoder_config.h"

namespace mtnlp {

extern const Architecture kDistilBert, kBert, kXlmRoberta;

/// Keys and names that BERT gave to its family.
inline constexpr ConfigKeys kBertKeys = {"hidden_size",         "num_hidden_layers",
                                         "num_attention_heads", "intermediate_size",
                                         "hidden_dropout_prob", "attention_probs_dropout_prob",
                                         "hidden_act",          12};
inline constexpr LayerNames kBertLayer = {
    "attention.self.query",       "attention.self.key", "attention.self.value", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "output.dense",         "output.LayerNorm"};

/// Reads what BERT's family has more than DistilBERT: token types, LayerNorm's epsilon, a dropout after the
/// attention's projection. Throws Error for a decoder and for relative positions.
void read_bert_rest(const Json& json, const fs::path& file, EncoderConfig& config);

}  // namespace mtnlp
