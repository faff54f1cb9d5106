// In which numbers the matrices of the encoder's layers are multiplied. Everything else (LayerNorm, softmax,
// GELU, pooling, heads, loss, optimiser) stays in float, and so do the weights that training updates.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <torch/types.h>

namespace mtnlp {

enum class Precision {
  kFp32,
  kBf16,  ///< operands and products rounded to bfloat16, sums in float; for training as torch.autocast does
          ///< it
  kInt8,  ///< 8-bit integers with a scale per weight row and per token; no gradient
};

Precision parse_precision(const std::string& name);  ///< "fp32", "bf16", "int8"; throws Error
const char* precision_name(Precision precision);
const std::vector<std::string>& training_precisions();   ///< "auto", "fp32", "bf16"
const std::vector<std::string>& inference_precisions();  ///< "auto", "fp32", "bf16", "int8"

/// `chosen`, else what "auto" is for training: bf16 where the CPU multiplies it at least twice as fast as
/// float (AMX, or AMD with AVX512_BF16; Intel's AVX512_BF16 without AMX is slower than float), else fp32. It
/// goes by what the CPU says of itself and not by the clock, so that a run can be repeated.
Precision resolve_training_precision(std::optional<Precision> chosen, torch::Device device);

}  // namespace mtnlp
