// Randomness as pure functions of a key: no generator state to save, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mtnlp {

/// Applies the finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits that scatters well.
constexpr uint64_t mix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// Makes one key out of several parts, whose order matters: `hash_key(seed, epoch, source)`.
template <typename... Parts>
constexpr uint64_t hash_key(uint64_t first, Parts... rest) {
  uint64_t key = mix64(first);
  ((key = mix64(key ^ static_cast<uint64_t>(rest))), ...);
  return key;
}

/// A stream of 64-bit numbers out of one key (SplitMix64).
class KeyedRandom {
 public:
  explicit KeyedRandom(uint64_t key) : state_(key) {}
  uint64_t next() {
    const uint64_t value = mix64(state_);
    state_ += 0x9e3779b97f4a7c15u;
    return value;
  }
  /// Returns a number uniform in [0, bound), bound > 0 (Lemire 2019, with rejection: no bias).
  uint64_t below(uint64_t bound) {
    const uint64_t threshold = (0 - bound) % bound;
    for (;;) {
      const auto product = static_cast<unsigned __int128>(next()) * bound;
      if (static_cast<uint64_t>(product) >= threshold) return static_cast<uint64_t>(product >> 64);
    }
  }
  /// Returns a number uniform in [0, 1) with 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

/// A random order of the numbers below `size` that takes no memory: a Feistel network over a power of four, walked
/// on until it gives a number below `size` (Black, Rogaway 2002).
class KeyedOrder {
 public:
  KeyedOrder(uint64_t key, uint64_t size) : key_(key), size_(size) {
    while (half_ < 31 && uint64_t{1} << 2 * half_ < size) ++half_;
  }
  uint64_t size() const { return size_; }
  /// Returns the number at place `place`, which is below `size`.
  uint64_t operator[](uint64_t place) const {
    do place = scattered(place);
    while (place >= size_);
    return place;
  }

 private:
  uint64_t scattered(uint64_t number) const {
    const uint64_t mask = (uint64_t{1} << half_) - 1;
    uint64_t left = number >> half_, right = number & mask;
    for (uint64_t round = 0; round < 6; ++round)
      left = std::exchange(right, left ^ (hash_key(key_, round, right) & mask));
    return left << half_ | right;
  }

  uint64_t key_, size_;
  int half_ = 1;  ///< bits of each half of a number
};

/// Shuffles by Fisher-Yates with our own integers (std::shuffle differs between libraries).
template <typename T>
void shuffle(std::vector<T>& items, KeyedRandom& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

}  // namespace mtnlp
