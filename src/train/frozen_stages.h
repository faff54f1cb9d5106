// The frozen lowest stages of a model: what they give for a row is the same in every epoch, and kept.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <torch/types.h>

#include "base/files.h"
#include "data/encoded_rows.h"
#include "network/network.h"

namespace mtnlp {

struct FrozenOptions {
  size_t cache_bytes = 0;
  torch::Device device = torch::kCPU;
  int threads = 1;  ///< batches that are encoded at once on the CPU
  fs::path shared =
      {};  ///< folder for results that other runs may have computed (shared_outputs.h); empty: none
};

/// A row's result is its hidden states [length, D] below the first layer in training or, when the whole
/// backbone is frozen and pooling learns nothing, its embedding [1, D]. Without gradient and without dropout.
class FrozenStages {
 public:
  /// Encodes `rows` once, in order, as many as the cache takes; the others are encoded whenever they are asked
  /// for. `stages` as apply_freeze counts them, at least 1; for the embeddings alone nothing is kept, a look-up
  /// is as cheap. `network` and `encoded` are borrowed.
  FrozenStages(NetworkImpl& network, const EncodedRows& encoded, int64_t stages,
               std::span<const uint32_t> rows, const FrozenOptions& options);

  int64_t layers() const { return layers_; }  ///< how many of the lowest are frozen
  bool whole_backbone() const { return whole_; }
  size_t cached_rows() const { return cached_rows_; }
  size_t free_bytes() const { return free_bytes_; }  ///< what is left of `cache_bytes`

  /// The results of `rows` one after another, [sum of their sizes, D].
  torch::Tensor operator()(std::span<const uint32_t> rows) const;

 private:
  int64_t size_of(uint32_t row) const;
  torch::Tensor compute(const Batch& batch) const;
  torch::Tensor outputs_of(const std::vector<uint32_t>& rows, int64_t size, int threads) const;
  std::string key_of(const std::vector<uint32_t>& rows) const;

  NetworkImpl& network_;
  const EncodedRows& encoded_;
  int64_t layers_;  ///< frozen ones
  bool whole_;
  torch::Device device_;
  torch::Tensor cache_;         ///< [cached results, D]
  std::vector<int64_t> place_;  ///< row id → its first row in cache_, -1 when not kept
  size_t cached_rows_ = 0, free_bytes_ = 0;
};

}  // namespace mtnlp
