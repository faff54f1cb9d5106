#include "engine/pooling.h"

#include <algorithm>

#include "base/error.h"

namespace mtnlp {
namespace {

void pool_one(PoolingMode mode, size_t dim, size_t tokens, const float* hidden, float* out) {
  std::copy_n(hidden, dim, out);
  switch (mode) {
    case PoolingMode::kCls:
      return;
    case PoolingMode::kMax:
      for (size_t token = 1; token < tokens; ++token)
        for (size_t i = 0; i < dim; ++i) out[i] = std::max(out[i], hidden[token * dim + i]);
      return;
    case PoolingMode::kMean:
      for (size_t token = 1; token < tokens; ++token)
        for (size_t i = 0; i < dim; ++i) out[i] += hidden[token * dim + i];
      for (size_t i = 0; i < dim; ++i) out[i] /= static_cast<float>(tokens);
      return;
  }
  fail_input("unknown pooling");
}

}  // namespace

void pool(PoolingMode mode, size_t dim, size_t unpooled, std::span<const int64_t> offsets,
          const float* hidden, float* out) {
  for (size_t b = 0; b + 1 < offsets.size(); ++b) {
    const auto end = static_cast<size_t>(offsets[b + 1]);
    const size_t first = std::min(static_cast<size_t>(offsets[b]) + unpooled, end - 1);
    pool_one(mode, dim, end - first, hidden + first * dim, out + b * dim);
  }
}

}  // namespace mtnlp
