// Pooling in training, as a torch module.
#pragma once

#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "hub/pooling.h"
#include "network/layout.h"

namespace mtnlp {

class PoolingImpl : public torch::nn::Module {
 public:
  /// Makes the pooling of `mode`, which leaves out the first `unpooled` tokens of each sequence
  /// (ModelSettings::unpooled). Weights of a pooling that learns start at 0.
  PoolingImpl(PoolingMode mode, int64_t dim, size_t unpooled);

  /// Returns embeddings [B, D] of texts from hidden states [N, D]; of a text of several windows the mean of theirs.
  torch::Tensor forward(const torch::Tensor& hidden, const Layout& layout) const;

  /// Returns what it computes beside its weights, in words: equal for two exactly when they pool alike.
  std::string law() const;

 private:
  torch::Tensor pool_sequences(const torch::Tensor& hidden, const Layout& layout) const;

  PoolingMode mode_;
  size_t unpooled_;
  std::vector<torch::Tensor> weights_;  ///< parallel to pooling_tensors
};
TORCH_MODULE(Pooling);

}  // namespace mtnlp
