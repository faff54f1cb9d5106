// Kinds of pooling: how hidden states [N, D] become one embedding per sequence [B, D]. Special tokens are
// included. What a kind computes stands in network/pooling.cc for training and in engine/pooling.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mtnlp {

enum class PoolingMode {
  kMean,
  kCls,
  kMax,
  kAttention,  ///< a mean whose weights are the softmax of hidden · query / sqrt(D), with a learned query [D]
               ///< (Yang et al. 2016 and Lin et al. 2017, without their inner layer)
};

PoolingMode parse_pooling(const std::string& name);  ///< "mean", "cls", "max", "attention"; throws Error
const char* pooling_name(PoolingMode mode);
const std::vector<std::string>& pooling_names();

/// A tensor that a pooling learns.
struct PoolingTensor {
  std::string name;
  std::vector<int64_t> shape;
};

/// Returns the tensors that `mode` learns for embeddings of size `dim`; most kinds have none.
std::vector<PoolingTensor> pooling_tensors(PoolingMode mode, int64_t dim);

/// Values of pooling_tensors, in their order.
using PoolingWeights = std::vector<std::vector<float>>;

/// Of a checkpoint whose pooling learns.
inline constexpr const char* kPoolingFile = "pooling.safetensors";

}  // namespace mtnlp
