// Sorted batches for inference: sequences of like length together, cut by a budget of tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/matrix.h"
#include "engine/embedder.h"
#include "engine/parallel.h"

namespace mtnlp {

/// Enough tokens to keep the products busy, few enough for a batch's activations to stay in one core's cache.
inline constexpr size_t kTokenBudget = 512;

/// Cuts sequences, longest first (equal lengths in order), into batches of at most `token_budget` tokens, at
/// least one sequence each. A pure function of the lengths. Returns indices into `lengths`.
std::vector<std::vector<uint32_t>> length_batches(std::span<const size_t> lengths,
                                                  size_t token_budget = kTokenBudget);

/// Indices into `texts` of each of its length_batches.
std::vector<std::vector<uint32_t>> length_batches(std::span<const TokenIds> texts);

/// Returns the texts with these indices.
std::vector<TokenIds> texts_at(std::span<const TokenIds> texts, std::span<const uint32_t> indices);

/// Calls `encode` for the length_batches of `texts` in up to `threads` threads, and in the caller's thread
/// `use` with the indices of a batch and its result, in order.
template <typename Encode, typename Use>
void for_length_batches(std::span<const TokenIds> texts, int threads, Encode encode, Use use) {
  using Result = std::invoke_result_t<Encode, const std::vector<TokenIds>&>;
  const auto batches = length_batches(texts);
  // So many at once that a thread that is held up holds up few.
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

/// The same with the embeddings [texts, D] of each batch.
void embed_batches(const Embedder& embedder, std::span<const TokenIds> texts,
                   const std::function<void(std::span<const uint32_t>, Matrix)>& use);

/// Returns all embeddings in order, [texts, D].
Matrix embed_all(const Embedder& embedder, std::span<const TokenIds> texts);

}  // namespace mtnlp
