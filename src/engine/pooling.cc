#include "engine/pooling.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace mtnlp {
namespace {

/// Writes to `out` the mean of one head's slice of the tokens, weighted with the softmax of hidden · query /
/// sqrt(slice); `stride` numbers lie from a token to the next.
void attend(std::span<const float> query, size_t tokens, const float* hidden, size_t stride, float* out) {
  const size_t slice = query.size();
  std::vector<double> weights(tokens);
  for (size_t token = 0; token < tokens; ++token) {
    for (size_t i = 0; i < slice; ++i)
      weights[token] += static_cast<double>(query[i]) * hidden[token * stride + i];
    weights[token] /= std::sqrt(static_cast<double>(slice));
  }
  const double largest = *std::ranges::max_element(weights);
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  for (size_t i = 0; i < slice; ++i) {
    double value = 0;
    for (size_t token = 0; token < tokens; ++token) value += weights[token] * hidden[token * stride + i];
    out[i] = static_cast<float>(value / sum);
  }
}

}  // namespace

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
  switch (mode_.kind) {
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
    case PoolingMode::kAttention:
      const size_t slice = dim_ / static_cast<size_t>(mode_.heads);
      for (size_t at = 0; at < dim_; at += slice)
        attend(std::span(weights_[0]).subspan(at, slice), tokens, hidden + at, dim_, out + at);
      return;
  }
  fail_input("unknown pooling");
}

}  // namespace mtnlp
