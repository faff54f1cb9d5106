// Encoder weights in and out of safetensors, under the names their architecture uses.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hub/model_folder.h"
#include "network/encoder.h"

namespace mtnlp {

/// An encoder folder in memory.
struct Pretrained {
  Encoder encoder = nullptr;
  Modules modules;
};

/// Reads config.json, the modules and the weights (hub/weights.h) of `folder`. Throws Error naming
/// the file, and for weights the tensor with the shape found and the shape that config.json asks for, before
/// memory is taken for what the file does not hold.
Pretrained load_pretrained(const fs::path& folder);

/// The same with weights drawn from `seed`; those of the folder are not looked at.
Pretrained random_pretrained(const fs::path& folder, uint64_t seed);

/// Fills `encoder` from files: keys with or without the architecture's prefix; F32, F16, BF16 and F64
/// converted, 8-bit matrices too; token type 0 folded into the positions; XLM-R's first 2 position rows
/// dropped; other tensors ignored. Refuses missing tensors, other shapes, other dtypes and values that are
/// not finite.
void load_encoder_weights(EncoderImpl& encoder, const Weights& weights);

/// The tensors to save, contiguous float32 on the host, named as `transformers` names them without prefix
/// (token type embeddings zero, XLM-R's reserved position rows zero).
std::vector<std::pair<std::string, torch::Tensor>> encoder_file_tensors(const EncoderImpl& encoder);

/// The same with each matrix NAME of the layers and the word embeddings as NAME.int8 and NAME.scale, see
/// Int8Matrix: a quarter of the size. For kInt8WeightsFile.
std::vector<std::pair<std::string, torch::Tensor>> int8_file_tensors(const EncoderImpl& encoder);

/// Writes tensors (any device; float32, int64 or int8) as safetensors.
void save_tensors(const fs::path& file, const std::vector<std::pair<std::string, torch::Tensor>>& tensors);
/// Copies a tensor of `file` to a contiguous float32 one of any device; throws Error when it is absent, of
/// another shape or dtype, or not finite.
void read_tensor(const class SafetensorsFile& file, const std::string& name, const torch::Tensor& to);

}  // namespace mtnlp
