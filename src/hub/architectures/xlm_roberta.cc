// XLM-RoBERTa (Conneau et al. 2020): BERT whose positions count from 2, after the padding's.
#include "hub/architectures/all.h"

namespace mtnlp {

const Architecture kXlmRoberta = {
    .model_type = "xlm-roberta",
    .name = "XLM-R",
    .class_name = "XLMRobertaModel",
    .prefix = "roberta.",
    .stack = "encoder.layer.",
    .reserved_positions = 2,
    .keys = kBertKeys,
    .layer = kBertLayer,
    .lm_head = {"XLMRobertaForMaskedLM", "lm_head.dense", "lm_head.layer_norm", "lm_head.bias"},
    .read_rest = read_bert_rest,
};

}  // namespace mtnlp
