// Pooling in the engine: from the hidden states of a text to its embedding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hub/pooling.h"

namespace mtnlp {

class Pooler {
 public:
  /// Makes the pooling of `mode`; `weights` are the values of pooling_tensors. Leaves out the first
  /// `unpooled` tokens of each text; its last token always stays.
  Pooler(PoolingMode mode, size_t dim, size_t unpooled, PoolingWeights weights);

  /// Writes embeddings [B, D] to `out` from `hidden` [N, D]; text b begins at token offsets[b].
  void forward(std::span<const int64_t> offsets, const float* hidden, float* out) const;

 private:
  void pool_one(size_t tokens, const float* hidden, float* out) const;

  PoolingMode mode_;
  size_t dim_, unpooled_;
  PoolingWeights weights_;
};

}  // namespace mtnlp
