// In which numbers the matrices of the encoder's layers are multiplied. Everything else (LayerNorm, softmax,
// GELU, pooling, heads, loss, optimiser) stays in float, and so do the weights that training updates.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mtnlp {

enum class Precision {
  kFp32,
  kBf16,  ///< operands and products rounded to bfloat16, sums in float, as torch.autocast does it
  kInt8,  ///< 8-bit integers with a scale per weight row and per token; inference only
};

Precision parse_precision(const std::string& name);  ///< "fp32", "bf16", "int8"; throws Error
const char* precision_name(Precision precision);
const std::vector<std::string>& training_precisions();   ///< "auto", "fp32", "bf16"
const std::vector<std::string>& inference_precisions();  ///< "auto", "fp32", "bf16", "int8"

}  // namespace mtnlp
