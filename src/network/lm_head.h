// The language-model head (Devlin et al. 2019): what a masked token was, from its hidden state.
#pragma once

#include <cstdint>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "engine/precision.h"
#include "hub/encoder_config.h"

namespace mtnlp {

/// A dense layer, GELU and a LayerNorm; the weights of the decoder behind them are the word embeddings.
class LmHeadImpl : public torch::nn::Module {
 public:
  explicit LmHeadImpl(const EncoderConfig& config);

  /// Draws the dense layer from N(0, init_std), as `transformers` does; biases are 0. Depends on `seed` alone.
  void random_start(uint64_t seed);

  /// Returns vectors [M, D] from hidden states [M, D]; their products with the word embeddings, and `bias`, are
  /// the logits.
  torch::Tensor forward(const torch::Tensor& hidden, Precision precision) const;

  torch::Tensor transform_weight, transform_bias;  ///< [D, D], [D]
  torch::Tensor norm_weight, norm_bias;            ///< [D]
  torch::Tensor bias;                              ///< [vocabulary]

 private:
  double layer_norm_eps_, init_std_;
};
TORCH_MODULE(LmHead);

}  // namespace mtnlp
