// The token ids of one text, borrowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mtnlp {

/// Ids that lie elsewhere, in order; of a pair of texts those from `second_type` on are of the second token
/// type. A long text may have several sequences, its windows, one after another.
struct TokenIds : std::span<const int32_t> {
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  TokenIds() = default;
  TokenIds(std::span<const int32_t> ids, size_t second = kNone, size_t length = kNone)
      : span(ids), second_type(second), window(length) {}
  TokenIds(const std::vector<int32_t>& ids, size_t second = kNone, size_t length = kNone)
      : TokenIds(std::span(ids), second, length) {}

  /// Returns the number of its sequences, at least 1.
  size_t sequences() const { return size() <= window ? 1 : (size() + window - 1) / window; }
  /// Returns the place behind the last id of a sequence.
  size_t end_of(size_t sequence) const {
    return sequence + 1 == sequences() ? size() : (sequence + 1) * window;
  }

  size_t second_type = kNone;  ///< place of the first such id; kNone: all are of the first type
  size_t window = kNone;       ///< ids of each sequence but the last; kNone: there is one
};

}  // namespace mtnlp
