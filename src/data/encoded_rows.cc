#include "data/encoded_rows.h"

#include <algorithm>

#include "base/threads.h"
#include "base/words.h"

namespace mtnlp {
namespace {

/// Rows that one thread takes at a time.
constexpr size_t kPiece = 256;

}  // namespace

std::vector<TokenIds> EncodedRows::sequences(std::span<const uint32_t> rows) const {
  std::vector<TokenIds> sequences;
  sequences.reserve(rows.size());
  for (const uint32_t row : rows) sequences.push_back(row_ids(row));
  return sequences;
}

void EncodedRows::add(const TokenIds& row) {
  if (row.second_type != TokenIds::kNone) second_types.resize(size(), TokenIds::kNone);
  if (!second_types.empty() || row.second_type != TokenIds::kNone) second_types.push_back(row.second_type);
  ids.insert(ids.end(), row.begin(), row.end());
  offsets.push_back(ids.size());
}

std::string truncated_text(size_t truncated, size_t rows, const TextCut& cut) {
  return str(truncated, " of ", rows, " texts were ", cut_text(cut));
}

EncodedRows encode_rows(const Dataset& dataset, const Tokenizer& tokenizer, const TextCut& cut, int threads) {
  const size_t count = dataset.rows.size();
  std::vector<EncodedRows> pieces((count + kPiece - 1) / kPiece);
  parallel_for(count, kPiece, threads, [&](size_t begin, size_t end) {
    EncodedRows& piece = pieces[begin / kPiece];
    for (size_t row = begin; row < end; ++row) {
      size_t full_length = 0;
      piece.add(tokenizer.encode(segments_of(dataset.rows[row].text), cut, &full_length));
      piece.truncated += full_length > cut.longest();
    }
  });

  EncodedRows encoded;
  encoded.tasks = dataset.tasks.size();
  if (cut.has_windows()) encoded.window = cut.max_length;
  encoded.offsets.reserve(count + 1);
  size_t total = 0;
  for (const EncodedRows& piece : pieces) total += piece.ids.size();
  encoded.ids.reserve(total);
  for (EncodedRows& piece : pieces) {
    for (size_t row = 0; row < piece.size(); ++row) encoded.add(piece.row_ids(row));
    encoded.truncated += piece.truncated;
    piece = {};
  }
  encoded.targets.reserve(count * encoded.tasks);
  for (const DatasetRow& row : dataset.rows)
    encoded.targets.insert(encoded.targets.end(), row.targets.begin(), row.targets.end());
  return encoded;
}

}  // namespace mtnlp
