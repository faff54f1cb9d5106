// The ordered row pipeline under predict and embed: read, tokenise, encode, in chunks, in constant memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <torch/types.h>

#include "mtnlp/data/row_reader.h"
#include "mtnlp/model/model.h"

namespace mtnlp {

struct PipelineOptions {
  size_t first_chunk = 64;  ///< rows; small, so that the first answers come at once
  size_t chunk = 4096;      ///< rows the chunks grow to; large, so that sorting by length pays
  int threads = 1;          ///< for tokenising
  torch::Device device = torch::kCPU;
};

/// Counts for the user.
struct PipelineStats {
  uint64_t rows = 0;
  uint64_t truncated = 0;  ///< rows that the model's max_length cut
};

/// For each chunk of `reader`'s rows, in order: `use(rows, embeddings [rows, D] on the host)`. Column
/// `text_column` is the text. The next chunk is read and tokenised while this one is encoded. Throws Stopped,
/// between chunks, when a stop signal arrives.
PipelineStats embed_rows(RowReader& reader, size_t text_column, const Model& model,
                         const PipelineOptions& options,
                         const std::function<void(std::span<const Row>, const torch::Tensor&)>& use);

}  // namespace mtnlp
