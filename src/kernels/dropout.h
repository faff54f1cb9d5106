// Dropout without generator state: whether an element is dropped is a pure function of (key, row, column), so
// that forward, backward, any number of threads and a resumed run agree. Torch-free: the vector kernels
// compute the same bits.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace mtnlp {

/// One place that drops, in one step.
struct Dropout {
  double rate = 0;   ///< probability that an element becomes 0; the rest is scaled by 1 / (1 - rate)
  uint64_t key = 0;  ///< differs for every (seed, step, micro-batch, layer, place)

  bool active() const { return rate > 0; }
  /// An element is dropped when its 32 random bits are below this.
  uint32_t threshold() const { return static_cast<uint32_t>(rate * 4294967296.0); }
  float scale() const { return static_cast<float>(1.0 / (1.0 - rate)); }
};

/// The two 32-bit keys of a row.
struct RowKey {
  uint32_t a, b;
};
inline RowKey row_key(uint64_t key, uint64_t row) {
  const uint64_t mixed = hash_key(key, row);
  return {static_cast<uint32_t>(mixed), static_cast<uint32_t>(mixed >> 32)};
}

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
