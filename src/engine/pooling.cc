#include "engine/pooling.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace mtnlp {
namespace {

/// The mean of the tokens, weighted with the softmax of hidden · query / sqrt(D).
void attend(const std::vector<float>& query, size_t tokens, const float* hidden, float* out) {
  const size_t dim = query.size();
  std::vector<double> weights(tokens);
  for (size_t token = 0; token < tokens; ++token) {
    for (size_t i = 0; i < dim; ++i)
      weights[token] += static_cast<double>(query[i]) * hidden[token * dim + i];
    weights[token] /= std::sqrt(static_cast<double>(dim));
  }
  const double largest = *std::ranges::max_element(weights);
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  for (size_t i = 0; i < dim; ++i) {
    double value = 0;
    for (size_t token = 0; token < tokens; ++token) value += weights[token] * hidden[token * dim + i];
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
    case PoolingMode::kAttention:
      return attend(weights_[0], tokens, hidden, out);
  }
  fail_input("unknown pooling");
}

}  // namespace mtnlp
