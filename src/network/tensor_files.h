// Reading and writing the weights of the network.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hub/encoder_tensors.h"
#include "network/encoder.h"
#include "network/lm_head.h"

namespace mtnlp {

/// Loads the encoder from `own`, the folder of its own files. With `seed`, draws random weights instead and
/// does not open those of the folder. Throws Error for 8-bit weights, and naming the file and tensor as
/// EncoderWeights does.
Encoder load_encoder(const fs::path& own, const EncoderConfig& config, std::optional<uint64_t> seed = {});

/// Loads the language-model head of the folder; null when it has none. Throws Error as load_encoder does.
LmHead load_lm_head(const fs::path& own, const EncoderConfig& config);

/// Returns a source of the encoder's weights, as float on the host.
TensorSource source_of(const EncoderImpl& encoder);
/// Returns one that has those of the head, too.
TensorSource source_of(const EncoderImpl& encoder, const LmHeadImpl& head);

/// Writes `tensors`, float32 or int64 on any device, to a safetensors file.
void save_tensors(const fs::path& file, const std::vector<std::pair<std::string, torch::Tensor>>& tensors);
/// Copies tensor `name` of `file` into `to`, float32 on any device. Throws Error when it is missing, has
/// another shape or dtype, or is not finite.
void read_tensor(const SafetensorsFile& file, const std::string& name, const torch::Tensor& to);

}  // namespace mtnlp
