#include "engine/pooling.h"

#include <algorithm>

#include "base/error.h"

namespace mtnlp {

Pooler::Pooler(PoolingMode mode, size_t dim, size_t unpooled, PoolingWeights weights)
    : mode_(mode), dim_(dim), unpooled_(unpooled), weights_(std::move(weights)) {}

void Pooler::forward(std::span<const int64_t> offsets, const float* hidden, float* out) const {
  for (size_t b = 0; b + 1 < offsets.size(); ++b) {
    const auto end = static_cast<size_t>(offsets[b + 1]);
    const size_t first = std::min(static_cast<size_t>(offsets[b]) + unpooled_, end - 1);
    pool_one(end - first, hidden + first * dim_, out + b * dim_);
  }
}

/// Pools one text: the mean over its tokens, as in sentence-transformers; the first token; or the maximum
/// over the tokens, feature by feature.
void Pooler::pool_one(size_t tokens, const float* hidden, float* out) const {
  std::copy_n(hidden, dim_, out);
  switch (mode_) {
    case PoolingMode::kCls:
      return;
    case PoolingMode::kMax:
      for (size_t token = 1; token < tokens; ++token)
        for (size_t i = 0; i < dim_; ++i) out[i] = std::max(out[i], hidden[token * dim_ + i]);
      return;
    case PoolingMode::kMean:
      for (size_t token = 1; token < tokens; ++token)
        for (size_t i = 0; i < dim_; ++i) out[i] += hidden[token * dim_ + i];
      for (size_t i = 0; i < dim_; ++i) out[i] /= static_cast<float>(tokens);
      return;
  }
  fail_input("unknown pooling");
}

}  // namespace mtnlp
