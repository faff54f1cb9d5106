// Training that starts from some of an encoder's layers, as DistilBERT started from BERT's (Sanh et al.
// 2019).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/encoder.h"

namespace mtnlp {

/// Returns the layers that `text` names, counted from 0: a list ("0,2,4"), or how many to keep ("3"), which
/// are then spread evenly, layer i · layers / kept. Throws Error unless they rise and are below `layers`.
std::vector<int64_t> parse_keep_layers(const std::string& text, int64_t layers);

/// Returns a new encoder with copies of the embeddings and of `layers`; its config has their number.
Encoder keep_layers(const EncoderImpl& encoder, const std::vector<int64_t>& layers);

}  // namespace mtnlp
