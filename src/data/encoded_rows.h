// Tokenised rows, flat in memory: what training and evaluation read instead of text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "text/tokenizer.h"

namespace mtnlp {

struct EncodedRows {
  std::vector<int32_t> ids;           ///< all rows' ids, one after another
  std::vector<size_t> offsets = {0};  ///< [rows + 1] into `ids`
  std::vector<Target> targets;        ///< [rows, tasks]
  size_t tasks = 0;
  size_t truncated = 0;                   ///< rows that were cut
  std::vector<size_t> second_types = {};  ///< [rows] TokenIds::second_type; empty where no row has one
  size_t window = TokenIds::kNone;        ///< TokenIds::window of all rows

  size_t size() const { return offsets.size() - 1; }
  size_t length(size_t row) const { return offsets[row + 1] - offsets[row]; }
  TokenIds row_ids(size_t row) const {
    return {std::span(ids.data() + offsets[row], length(row)),
            second_types.empty() ? TokenIds::kNone : second_types[row], window};
  }
  /// Appends the ids of a row, without targets.
  void add(const TokenIds& row);
  /// Returns the ids of each of `rows` (row ids), borrowed.
  std::vector<TokenIds> sequences(std::span<const uint32_t> rows) const;
  Target target(size_t row, size_t task) const { return targets[row * tasks + task]; }
};

/// Says whether so many of `rows` texts were cut that it is worth a warning: over 20 %.
inline bool many_truncated(size_t truncated, size_t rows) {
  return 5 * truncated > rows;
}

/// Returns how many of `rows` texts were cut, for people: "3 of 20 texts were cut to 128 tokens".
std::string truncated_text(size_t truncated, size_t rows, const TextCut& cut);

/// Tokenises with `threads` threads; the result does not depend on their number.
EncodedRows encode_rows(const Dataset& dataset, const Tokenizer& tokenizer, const TextCut& cut, int threads);

}  // namespace mtnlp
