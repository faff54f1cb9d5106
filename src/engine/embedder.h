// What embeds texts: the inference engine on a CPU, the network on another device.
#pragma once

#include <cstdint>
#include <span>

namespace mtnlp {

/// Ids of the tokens of one text.
using TokenIds = std::span<const int32_t>;

/// Const, and usable by any number of threads at once.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Returns D, the size of an embedding.
  virtual size_t dim() const = 0;
  /// Returns how many batches shall be embedded at once; each call of `embed` then has one thread.
  virtual int threads() const = 0;
  /// Embeds `texts`, each with one token or more: out [texts, D]. A text's result does not depend on the
  /// others.
  virtual void embed(std::span<const TokenIds> texts, float* out) const = 0;
};

}  // namespace mtnlp
