#include "hub/new_encoder.h"

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "hub/architectures/all.h"
#include "mtnlp/version.h"
#include "text/tokenizer.h"

namespace mtnlp {
namespace {

Json tokenizer_settings(const NewEncoder& shape) {
  return {{"tokenizer_class", "XLMRobertaTokenizer"},
          {"model_max_length", shape.positions},
          {"bos_token", "<s>"},
          {"cls_token", "<s>"},
          {"eos_token", "</s>"},
          {"sep_token", "</s>"},
          {"unk_token", "<unk>"},
          {"pad_token", "<pad>"},
          {"mask_token", "<mask>"}};
}

Json settings(const NewEncoder& shape, size_t vocabulary) {
  const Architecture& of = kXlmRoberta;
  return {{"model_type", of.model_type},
          {"architectures", {of.class_name}},
          {"vocab_size", vocabulary},
          {"max_position_embeddings", shape.positions + of.reserved_positions},
          {"type_vocab_size", 1},
          {of.keys.dim, shape.dim},
          {of.keys.layers, shape.layers},
          {of.keys.heads, shape.heads},
          {of.keys.hidden_dim, 4 * shape.dim},
          {of.keys.activation, "gelu"},
          {of.keys.dropout, 0.1},
          {of.keys.attention_dropout, 0.1},
          {"layer_norm_eps", 1e-5},
          {"initializer_range", 0.02},
          {"bos_token_id", 0},
          {"pad_token_id", 1},
          {"eos_token_id", 2}};
}

void write_json(const fs::path& file, const Json& json) {
  write_file(file, json.dump(2) + "\n");
}

}  // namespace

void require_shape(const NewEncoder& shape) {
  if (shape.dim % shape.heads != 0)
    fail_input(field("heads"), " is ", shape.heads, ", which does not divide ", field("dim"), " ", shape.dim);
}

void write_new_encoder(const fs::path& to, const std::string& model, const NewEncoder& shape) {
  require_shape(shape);
  write_file(to / "sentencepiece.bpe.model", model);
  write_json(to / "tokenizer_config.json", tokenizer_settings(shape));
  write_json(to / "config.json", settings(shape, load_tokenizer(to)->vocabulary_size()));
  write_file(to / "README.md", str("# An encoder without weights\n\nVocabulary and shape, made by mtnlp ",
                                   kVersion, "; training starts from random weights.\n"));
}

}  // namespace mtnlp
