#include "data/encoded_rows.h"

#include <algorithm>

#include "base/threads.h"

namespace mtnlp {
namespace {

/// Rows that one thread takes at a time.
constexpr size_t kPiece = 256;

struct Piece {
  std::vector<int32_t> ids;
  std::vector<size_t> lengths;
  size_t truncated = 0;
};

}  // namespace

std::vector<std::span<const int32_t>> EncodedRows::sequences(std::span<const uint32_t> rows) const {
  std::vector<std::span<const int32_t>> sequences;
  sequences.reserve(rows.size());
  for (const uint32_t row : rows) sequences.push_back(row_ids(row));
  return sequences;
}

EncodedRows encode_rows(const Dataset& dataset, const Tokenizer& tokenizer, size_t max_length,
                        Truncation truncation, int threads) {
  const size_t count = dataset.rows.size();
  std::vector<Piece> pieces((count + kPiece - 1) / kPiece);
  parallel_for(count, kPiece, threads, [&](size_t begin, size_t end) {
    Piece& piece = pieces[begin / kPiece];
    for (size_t row = begin; row < end; ++row) {
      size_t full_length = 0;
      const std::vector<int32_t> ids =
          tokenizer.encode(dataset.rows[row].text, max_length, truncation, &full_length);
      piece.ids.insert(piece.ids.end(), ids.begin(), ids.end());
      piece.lengths.push_back(ids.size());
      piece.truncated += full_length > ids.size();
    }
  });

  EncodedRows encoded;
  encoded.tasks = dataset.tasks.size();
  encoded.offsets.reserve(count + 1);
  encoded.offsets.push_back(0);
  size_t total = 0;
  for (const Piece& piece : pieces) total += piece.ids.size();
  encoded.ids.reserve(total);
  for (Piece& piece : pieces) {
    encoded.ids.insert(encoded.ids.end(), piece.ids.begin(), piece.ids.end());
    for (const size_t length : piece.lengths) encoded.offsets.push_back(encoded.offsets.back() + length);
    encoded.truncated += piece.truncated;
    piece = {};
  }
  encoded.targets.reserve(count * encoded.tasks);
  for (const DatasetRow& row : dataset.rows)
    encoded.targets.insert(encoded.targets.end(), row.targets.begin(), row.targets.end());
  return encoded;
}

}  // namespace mtnlp
