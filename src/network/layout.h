// Variable-length (varlen) batches: the tokens of all sequences one after another, without padding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <torch/types.h>

#include "text/token_ids.h"

namespace mtnlp {

/// Where the tokens of S sequences lie, N in all. Its tensors are on the device of the model, the rest on the
/// host.
struct Layout {
  std::vector<int64_t> offsets;  ///< [S+1]; sequence b has tokens offsets[b] to offsets[b+1] - 1
  int64_t max_length = 0;        ///< tokens of the longest sequence
  torch::Tensor offsets_tensor;  ///< `offsets` as int64 [S+1] on the device
  torch::Tensor positions;       ///< int64 [N]: place of each token in its sequence, from 0
  /// [B] sequences of each text, one after another; empty where each text is one sequence.
  std::vector<int64_t> windows = {};
  torch::Tensor types = {};  ///< int64 [N]: token type of each token, 0 or 1; undefined where all are 0

  int64_t batch() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t tokens() const { return offsets.back(); }
  int64_t length(int64_t b) const {
    return offsets[static_cast<size_t>(b) + 1] - offsets[static_cast<size_t>(b)];
  }
};

/// Returns the layout of sequences with these lengths, each at least 1.
Layout make_layout(std::span<const int64_t> lengths, torch::Device device = torch::kCPU);

/// Token ids of several sequences, as the encoder takes them.
struct Batch {
  torch::Tensor ids;  ///< int64 [N]
  Layout layout;
};

/// Makes a batch of texts: at least one, each of at least one token.
Batch make_batch(std::span<const TokenIds> texts, torch::Device device = torch::kCPU);

}  // namespace mtnlp
