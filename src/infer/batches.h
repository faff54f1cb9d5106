// Sorted batches for inference: sequences of like length together, cut by a budget of tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <torch/types.h>

#include "network/model.h"

namespace mtnlp {

/// Enough tokens to keep the products busy, few enough for a batch's activations to stay in one core's cache.
inline constexpr size_t kTokenBudget = 512;

/// Cuts sequences, longest first (equal lengths in order), into batches of at most `token_budget` tokens, at
/// least one sequence each. A pure function of the lengths. Returns indices into `lengths`.
std::vector<std::vector<uint32_t>> length_batches(std::span<const size_t> lengths,
                                                  size_t token_budget = kTokenBudget);

/// The first row of `values` [rows, ...] with a number that is not finite; -1 when all are.
int64_t first_not_finite(const torch::Tensor& values);

/// What is done with the result of a batch: indices into the sequences, and the tensor.
using UseBatch = std::function<void(std::span<const uint32_t>, const torch::Tensor&)>;

/// Calls `encode` for the length_batches of `sequences` in inference mode, on the CPU in as many threads as
/// torch has, and `use` with the results, in order and in the caller's thread.
void for_length_batches(std::span<const std::span<const int32_t>> sequences, torch::Device device,
                        const std::function<torch::Tensor(const Batch&)>& encode, const UseBatch& use);

/// The same with the embeddings [b, D] of each batch.
void embed_batches(const Model& model, std::span<const std::span<const int32_t>> sequences,
                   torch::Device device, const UseBatch& use);

/// All embeddings in order, float [sequences, D] on `device`.
torch::Tensor embed_all(const Model& model, std::span<const std::span<const int32_t>> sequences,
                        torch::Device device);

}  // namespace mtnlp
