// Dropout without generator state: whether an element is dropped is a pure function of keys (the place, the
// token) and its column, so that forward, backward, any number of threads, any cut into micro-batches and a
// resumed run agree. Torch-free: the vector kernels compute the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"

namespace mtnlp {

/// The two 32-bit keys of a row of elements.
struct RowKey {
  uint32_t a = 0, b = 0;
};

/// One place that drops, in one step.
struct Dropout {
  double rate = 0;   ///< probability that an element becomes 0; the rest is scaled by 1 / (1 - rate)
  uint64_t key = 0;  ///< differs for every (seed, step, layer, place)
  /// [tokens] what a token is, whatever batch it is in; null: its index in the batch.
  const uint64_t* tokens = nullptr;

  bool active() const { return rate > 0; }
  /// An element is dropped when its 32 random bits are below this.
  uint32_t threshold() const { return static_cast<uint32_t>(rate * 4294967296.0); }
  float scale() const { return static_cast<float>(1.0 / (1.0 - rate)); }
  /// Returns the keys of a token's row; `part` tells its rows apart where it has several (attention heads).
  RowKey row(size_t token, size_t part = 0) const {
    const uint64_t mixed = hash_key(key, tokens == nullptr ? uint64_t{token} : tokens[token], uint64_t{part});
    return {static_cast<uint32_t>(mixed), static_cast<uint32_t>(mixed >> 32)};
  }
};

/// 32 random bits for a column of a row: the finaliser of MurmurHash3 (Appleby) over a keyed Weyl sequence,
/// with the second key added inside.
inline uint32_t dropout_bits(RowKey key, uint32_t column) {
  uint32_t x = column * 0x9e3779b9u + key.a;
  x ^= x >> 16;
  x *= 0x85ebca6bu;
  x ^= x >> 13;
  x += key.b;
  x *= 0xc2b2ae35u;
  x ^= x >> 16;
  return x;
}

}  // namespace mtnlp
