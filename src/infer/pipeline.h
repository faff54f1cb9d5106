// The pipeline of predict and embed: reads, tokenises and embeds rows in chunks, in order and in constant
// memory.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/matrix.h"
#include "data/text_rows.h"
#include "engine/embedder.h"

namespace mtnlp {

struct PipelineOptions {
  size_t first_chunk = 64;  ///< rows of the first chunk; few, so that the first results come at once
  size_t chunk = 4096;      ///< rows that chunks grow to; many, so that sorting by length pays
  bool read_ahead = true;   ///< a chunk is read while the one before is embedded; else when that was used
};

/// Calls use(chunk, embeddings [rows, D]) for each chunk of `rows`, in order. A row that could not be read
/// has NaN. Throws Error when an embedding is not finite, and Stopped between chunks after a stop signal.
void stream_embeddings(TextRows& rows, const Embedder& embedder, const PipelineOptions& options,
                       const std::function<void(std::span<const TextRow>, Matrix)>& use);

}  // namespace mtnlp
