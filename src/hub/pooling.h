// Kinds of pooling: how hidden states [N, D] become one embedding per sequence [B, D]. Special tokens are
// included. What a kind computes stands in network/pooling.cc for training and in engine/pooling.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mtnlp {

/// A kind of pooling and, of attention, its heads.
struct PoolingMode {
  enum Kind {
    kMean,
    kCls,
    kMax,
    /// Each head has D/heads of the numbers: their mean, whose weights are the softmax of hidden · query /
    /// sqrt(D/heads) over them, with a learned query [D] (Yang et al. 2016 and Lin et al. 2017, without their
    /// inner layer; heads as in Vaswani et al. 2017).
    kAttention,
  };
  PoolingMode(Kind kind_of, int64_t heads_of_attention = 1) : kind(kind_of), heads(heads_of_attention) {}
  bool operator==(const PoolingMode&) const = default;

  Kind kind;
  int64_t heads;  ///< of attention, a divisor of D; else 1
};

/// Returns the pooling of a name, "attention:H" for H heads; none for what is not one.
std::optional<PoolingMode> find_pooling(const std::string& name);
PoolingMode parse_pooling(const std::string& name);  ///< does the same; throws Error for what is not one
std::string pooling_name(const PoolingMode& mode);   ///< "attention" for one head
/// Returns "mean", "cls", "max", "attention": the names that can be listed, by PoolingMode::Kind.
const std::vector<std::string>& pooling_names();
inline constexpr const char* kPoolingWithHeads = "attention:H";  ///< form of the others

/// A tensor that a pooling learns.
struct PoolingTensor {
  std::string name;
  std::vector<int64_t> shape;
};

/// Returns the tensors that `mode` learns for embeddings of size `dim`; most kinds have none. Throws Error
/// when its heads do not divide `dim`.
std::vector<PoolingTensor> pooling_tensors(PoolingMode mode, int64_t dim);

/// Values of pooling_tensors, in their order.
using PoolingWeights = std::vector<std::vector<float>>;

/// Of a checkpoint whose pooling learns.
inline constexpr const char* kPoolingFile = "pooling.safetensors";

}  // namespace mtnlp
