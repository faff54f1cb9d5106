// The interface of what embeds texts: the engine on the CPU, the network on another device.
#pragma once

#include <cstddef>
#include <span>

#include "text/token_ids.h"

namespace mtnlp {

/// Thread-safe: all methods are const and may run in several threads at once.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Returns D, the size of an embedding.
  virtual size_t dim() const = 0;
  /// Returns how many batches to embed at once, each in its own thread.
  virtual int threads() const = 0;
  /// Writes the embeddings [texts, D] of `texts`, each of at least one token, to `out`. The embedding of a
  /// text does not depend on the other texts.
  virtual void embed(std::span<const TokenIds> texts, float* out) const = 0;
};

}  // namespace mtnlp
