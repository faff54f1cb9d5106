// How the hidden states of a text become its embedding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hub/pooling.h"

namespace mtnlp {

class Pooler {
 public:
  /// `weights` are those of pooling_tensors. Of each text the first `unpooled` tokens are left out; the last
  /// one stays in any case.
  Pooler(PoolingMode mode, size_t dim, size_t unpooled, PoolingWeights weights);

  /// hidden [N, D] → out [B, D], where text b holds tokens offsets[b] to offsets[b+1].
  void forward(std::span<const int64_t> offsets, const float* hidden, float* out) const;

 private:
  void pool_one(size_t tokens, const float* hidden, float* out) const;

  PoolingMode mode_;
  size_t dim_, unpooled_;
  PoolingWeights weights_;
};

}  // namespace mtnlp
