// Dropout without generator state. Whether an element is dropped is a function of keys (of the place and the
// token) and its column alone. So forward and backward agree, and results do not depend on the number of
// threads, on the cut into micro-batches or on whether a run was resumed. The vector kernels compute the same
// bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"

namespace mtnlp {

/// The two 32-bit keys of a row of elements.
struct RowKey {
  uint32_t a = 0, b = 0;
};

/// The dropout of one place in the network, in one step.
struct Dropout {
  double rate = 0;   ///< probability in [0, 1) that an element becomes 0; others are scaled
  uint64_t key = 0;  ///< differs for every (seed, step, layer, place)
  /// [tokens]: a key for each token that does not depend on its batch; null: its index in the batch.
  const uint64_t* tokens = nullptr;

  bool active() const { return rate > 0; }
  /// Returns the bound below which the 32 bits of an element mean that it is dropped.
  uint32_t threshold() const { return static_cast<uint32_t>(rate * 4294967296.0); }
  /// Returns the factor of elements that are kept.
  float scale() const { return static_cast<float>(1.0 / (1.0 - rate)); }
  /// Returns the keys of a row of elements; a token that has several rows has one for each `part` (attention
  /// head).
  RowKey row(size_t token, size_t part = 0) const {
    const uint64_t mixed = hash_key(key, tokens == nullptr ? uint64_t{token} : tokens[token], uint64_t{part});
    return {static_cast<uint32_t>(mixed), static_cast<uint32_t>(mixed >> 32)};
  }
};

/// Returns 32 random bits for a column of a row: the finaliser of MurmurHash3 (Appleby) over a keyed Weyl
/// sequence, with the second key added inside.
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
