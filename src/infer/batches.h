// Batches for inference: sequences sorted by length, so many in a batch as a budget of tokens allows.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "engine/embedder.h"
#include "engine/parallel.h"

namespace mtnlp {

/// Default budget in tokens: enough for fast matrix products, few enough for the activations of a batch to
/// stay in the cache of one core.
inline constexpr size_t kTokenBudget = 512;

/// Returns batches, as indices into `lengths`: sequences from the longest to the shortest, equal ones in
/// order, cut into batches of at most `token_budget` tokens and at least one sequence. Depends on the lengths
/// alone.
std::vector<std::vector<uint32_t>> length_batches(std::span<const size_t> lengths,
                                                  size_t token_budget = kTokenBudget);

/// Returns the length_batches of `texts`, as indices into it.
std::vector<std::vector<uint32_t>> length_batches(std::span<const TokenIds> texts);

/// Returns the texts with these indices.
std::vector<TokenIds> texts_at(std::span<const TokenIds> texts, std::span<const uint32_t> indices);

/// Calls `encode` for the length_batches of `texts`, in up to `threads` threads. Then calls `use` in the
/// caller's thread with the indices and the result of each batch, in order.
template <typename Encode, typename Use>
void for_length_batches(std::span<const TokenIds> texts, int threads, const Encode& encode, const Use& use) {
  using Result = std::invoke_result_t<Encode, const std::vector<TokenIds>&>;
  const auto batches = length_batches(texts);
  // Several batches per thread, so that the others go on when one is delayed.
  const size_t at_once = threads > 1 ? 4 * static_cast<size_t>(threads) : 1;
  for (size_t first = 0; first < batches.size(); first += at_once) {
    std::vector<Result> results(std::min(at_once, batches.size() - first));
    share_out(results.size(), 1, threads, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) results[i] = encode(texts_at(texts, batches[first + i]));
    });
    for (size_t i = 0; i < results.size(); ++i)
      use(std::span<const uint32_t>(batches[first + i]), std::move(results[i]));
  }
}

/// Calls `use` with the indices and the embeddings [texts, D] of each of the length_batches of `texts`.
void embed_batches(const Embedder& embedder, std::span<const TokenIds> texts,
                   const std::function<void(std::span<const uint32_t>, Matrix)>& use);

/// Returns the embeddings [texts, D] of all `texts`, in their order.
Matrix embed_all(const Embedder& embedder, std::span<const TokenIds> texts);

}  // namespace mtnlp
