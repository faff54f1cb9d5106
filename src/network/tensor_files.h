// Weights of the network from files and into them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hub/encoder_tensors.h"
#include "network/encoder.h"

namespace mtnlp {

/// Loads the encoder of the folder of its own files; with `seed` its weights are drawn from that and those of
/// the folder are not looked at. Throws Error for weights in 8 bits, and naming the file and tensor (see
/// EncoderWeights).
Encoder load_encoder(const fs::path& own, const EncoderConfig& config, std::optional<uint64_t> seed = {});

/// Returns the source of the encoder's values, in float on the host.
TensorSource source_of(const EncoderImpl& encoder);

/// Writes tensors (any device; float32 or int64) as safetensors.
void save_tensors(const fs::path& file, const std::vector<std::pair<std::string, torch::Tensor>>& tensors);
/// Copies a tensor of `file` to a float32 one of any device; throws Error when it is absent, of another shape
/// or dtype, or not finite.
void read_tensor(const SafetensorsFile& file, const std::string& name, const torch::Tensor& to);

}  // namespace mtnlp
