// Random starts that depend on the seed and the parameter's name alone, on no order of creation.
#pragma once

#include <cstdint>
#include <string>

#include <torch/types.h>

namespace mtnlp {

/// In place N(0, std) (Box-Muller).
void fill_normal(const torch::Tensor& tensor, double std, uint64_t seed, const std::string& name);

/// In place U(-bound, bound).
void fill_uniform(const torch::Tensor& tensor, double bound, uint64_t seed, const std::string& name);

}  // namespace mtnlp
