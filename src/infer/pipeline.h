// The ordered row pipeline under predict and embed: read, tokenise, encode, in chunks, in constant memory.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/matrix.h"
#include "data/text_rows.h"
#include "engine/embedder.h"

namespace mtnlp {

struct PipelineOptions {
  size_t first_chunk = 64;  ///< rows; small, so that the first answers come at once
  size_t chunk = 4096;      ///< rows the chunks grow to; large, so that sorting by length pays
};

/// For each chunk of `rows`, in order: `use(rows, embeddings [rows, D])`, NaN where a row could not be read.
/// The next chunk is read and tokenised while this one is encoded. Throws Error when an embedding is not
/// finite, and Stopped, between chunks, when a stop signal arrives.
void stream_embeddings(TextRows& rows, const Embedder& embedder, const PipelineOptions& options,
                       const std::function<void(std::span<const TextRow>, Matrix)>& use);

}  // namespace mtnlp
