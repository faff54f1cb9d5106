// The number format of the matrix products in the encoder's layers. Everything else is computed in float
// (LayerNorm, softmax, GELU, pooling, heads, loss, optimiser), and training updates float weights.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mtnlp {

enum class Precision {
  kFp32,
  kBf16,  ///< operands and results rounded to bfloat16, sums in float, as in torch.autocast
  kInt8,  ///< 8-bit integers, with a scale for each row of weights and each token; inference only
};

Precision parse_precision(const std::string& name);  ///< "fp32", "bf16", "int8"; throws Error
const char* precision_name(Precision precision);
const std::vector<std::string>& training_precisions();   ///< "auto", "fp32", "bf16"
const std::vector<std::string>& inference_precisions();  ///< "auto", "fp32", "bf16", "int8"

}  // namespace mtnlp
