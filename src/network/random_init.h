// Random weights. They depend on the seed and the name of the tensor alone, not on the order of creation.
#pragma once

#include <cstdint>
#include <string>

#include <torch/types.h>

namespace mtnlp {

/// Fills `tensor` from N(0, std), by Box and Muller's method.
void fill_normal(const torch::Tensor& tensor, double std, uint64_t seed, const std::string& name);

/// Fills `tensor` from U(-bound, bound).
void fill_uniform(const torch::Tensor& tensor, double bound, uint64_t seed, const std::string& name);

}  // namespace mtnlp
