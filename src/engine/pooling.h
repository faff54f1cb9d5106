// How the hidden states of a text become its embedding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hub/modules.h"

namespace mtnlp {

/// hidden [N, D] → out [B, D], where sequence b holds tokens offsets[b] to offsets[b+1], of which pooling
/// leaves out the first `unpooled`; the last one stays in any case. Mean is sum / length as in
/// sentence-transformers, cls takes the first token, max is over tokens, feature by feature.
void pool(PoolingMode mode, size_t dim, size_t unpooled, std::span<const int64_t> offsets,
          const float* hidden, float* out);

}  // namespace mtnlp
