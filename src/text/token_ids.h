// The token ids of one sequence, borrowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mtnlp {

/// Ids that lie elsewhere, in order; of a pair of texts those from `second_type` on are of the second token
/// type.
struct TokenIds : std::span<const int32_t> {
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  TokenIds() = default;
  TokenIds(std::span<const int32_t> ids, size_t second = kNone) : span(ids), second_type(second) {}
  TokenIds(const std::vector<int32_t>& ids, size_t second = kNone) : span(ids), second_type(second) {}

  size_t second_type = kNone;  ///< place of the first such id; kNone: all are of the first type
};

}  // namespace mtnlp
