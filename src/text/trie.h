// Strings of bytes to numbers, walked one byte at a time: the vocabulary under longest-match searches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mtnlp {

/// A trie whose edges live in one open-addressing hash table: quick to build, one probe a step.
class ByteTrie {
 public:
  static constexpr uint32_t kNowhere = 0;
  static constexpr uint32_t kRoot = 1;
  static constexpr int32_t kNoValue = -1;

  /// Gives `key`, which must not be empty, a `value`, which must not be negative. The last value given to a
  /// key counts.
  void insert(std::string_view key, int32_t value);

  /// Returns the node that `key` leads to from the root; kNowhere when no inserted key begins with it.
  uint32_t find(std::string_view key) const;

  struct Step {
    uint32_t node;  ///< kNowhere at the end of the walk
    int32_t value;  ///< value of the key that ends here, else kNoValue
  };
  Step step(uint32_t node, char byte) const {
    if (edges_.empty()) return {kNowhere, kNoValue};
    const Edge& edge = edges_[slot(edge_key(node, byte))];
    return {edge.child, edge.value};
  }

 private:
  struct Edge {
    uint64_t key = 0;  ///< parent << 8 | byte; 0 when the slot is free
    uint32_t child = kNowhere;
    int32_t value = kNoValue;
  };

  static uint64_t edge_key(uint32_t node, char byte) {
    return uint64_t{node} << 8 | static_cast<unsigned char>(byte);
  }
  /// Returns where `key` is, or the free slot where it belongs.
  size_t slot(uint64_t key) const {
    size_t at = static_cast<size_t>(key * 0x9e3779b97f4a7c15u >> shift_);
    while (edges_[at].key != key && edges_[at].key != 0) at = (at + 1) & (edges_.size() - 1);
    return at;
  }
  void grow();

  std::vector<Edge> edges_;  ///< hash table: its size is a power of two, at most half is used
  int shift_ = 64;
  uint32_t nodes_ = kRoot;  ///< highest node in use
};

}  // namespace mtnlp
