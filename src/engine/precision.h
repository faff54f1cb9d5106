// The number format of the matrix products in the encoder's layers. Everything else is computed in float
// (LayerNorm, softmax, GELU, pooling, heads, loss, optimiser), and training updates float weights.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mtnlp {

enum class Precision {
  kFp32,
  kBf16,  ///< operands rounded to bfloat16, sums in float; in training results too, as in torch.autocast
  kInt8,  ///< 8-bit integers, with a scale for each row of weights and each token; inference only
};

Precision parse_precision(const std::string& name);  ///< "fp32", "bf16", "int8"; throws Error
const char* precision_name(Precision precision);
/// Returns the precision that embeds at least 1.3 times as fast as fp32 on this CPU with embeddings of a mean cosine
/// of 0.9999 and more to those of fp32, by what the CPU says of itself (docs/results.md has the figures): bf16 with
/// AMX, else fp32.
Precision fast_precision();
const std::vector<std::string>& training_precisions();   ///< "auto", "fp32", "bf16"
const std::vector<std::string>& inference_precisions();  ///< "auto", "fp32", "bf16", "int8"

}  // namespace mtnlp
