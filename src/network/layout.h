// How a batch lies in memory: the real tokens of all sequences one after another, no padding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <torch/types.h>

namespace mtnlp {

/// B sequences of N tokens in all. Made on the host, tensors on the device of the model.
struct Layout {
  std::vector<int64_t> offsets;  ///< [B+1] sequence b holds tokens offsets[b] to offsets[b+1]
  int64_t max_length = 0;        ///< of the longest sequence
  torch::Tensor offsets_tensor;  ///< int64 [B+1] on the device
  torch::Tensor positions;       ///< int64 [N] place of each token in its sequence, from 0

  int64_t batch() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t tokens() const { return offsets.back(); }
  int64_t length(int64_t b) const {
    return offsets[static_cast<size_t>(b) + 1] - offsets[static_cast<size_t>(b)];
  }
};

/// The layout of sequences with the given lengths, each at least 1.
Layout make_layout(std::span<const int64_t> lengths, torch::Device device = torch::kCPU);

/// A batch as the encoder takes it.
struct Batch {
  torch::Tensor ids;  ///< int64 [N]
  Layout layout;
};

/// Packs sequences of token ids; at least one, each at least one token.
Batch make_batch(std::span<const std::span<const int32_t>> sequences, torch::Device device = torch::kCPU);

}  // namespace mtnlp
