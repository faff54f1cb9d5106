// The folder of an encoder that does not exist yet: a vocabulary and a shape, no weights.
#pragma once

#include <cstdint>
#include <string>

#include "base/files.h"

namespace mtnlp {

/// Shape of an encoder, as EncoderConfig has it.
struct NewEncoder {
  int64_t layers = 4, dim = 256, heads = 4;  ///< dim is a multiple of heads; hidden_dim is 4 times dim
  int64_t positions = 512;
};

/// Throws Error unless heads divides dim.
void require_shape(const NewEncoder& shape);

/// Fills `to` (existing, empty) with the SentencePiece file `model` under XLM-R's name, the files around it and
/// a config.json of an XLM-R whose ids are those that XLMRobertaTokenizer gives to the pieces.
void write_new_encoder(const fs::path& to, const std::string& model, const NewEncoder& shape);

}  // namespace mtnlp
