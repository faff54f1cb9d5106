// Starting from some of an encoder's layers, as DistilBERT was made from BERT (Sanh et al. 2019).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/encoder.h"

namespace mtnlp {

/// `text` is a list of layers from 0 ("0,2,4"), or how many to keep ("3"): these are spread evenly from the
/// lowest on, layer i · layers / kept. Throws Error unless they are rising and below `layers`.
std::vector<int64_t> parse_keep_layers(const std::string& text, int64_t layers);

/// A new encoder of the embeddings and these layers; its config says how many there are.
Encoder keep_layers(const EncoderImpl& encoder, const std::vector<int64_t>& layers);

}  // namespace mtnlp
