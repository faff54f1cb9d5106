// Pooling in training.
#pragma once

#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "hub/pooling.h"
#include "network/layout.h"

namespace mtnlp {

class PoolingImpl : public torch::nn::Module {
 public:
  /// Leaves out the first `unpooled` tokens of each sequence, see ModelSettings. What the kind learns starts at
  /// zero.
  PoolingImpl(PoolingMode mode, int64_t dim, size_t unpooled);

  /// [N, D] → [B, D]
  torch::Tensor forward(const torch::Tensor& hidden, const Layout& layout) const;

 private:
  PoolingMode mode_;
  size_t unpooled_;
  std::vector<torch::Tensor> weights_;  ///< parallel to pooling_tensors
};
TORCH_MODULE(Pooling);

}  // namespace mtnlp
