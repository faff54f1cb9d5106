// The encoder in training: a torch module that takes variable-length batches, on any device.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "engine/precision.h"
#include "hub/encoder_config.h"
#include "kernels/dropout.h"
#include "network/layout.h"

namespace mtnlp {

/// The dropout of one forward pass. The default is none, as in evaluation.
struct DropoutPlan {
  bool training = false;
  uint64_t key = 0;           ///< key of (seed, step); the encoder adds layer and place
  torch::Tensor tokens = {};  ///< int64 [N] keys of the tokens, see BatchDropout
};

/// Post-LayerNorm transformer layer (Sanh et al. 2019; Devlin et al. 2019). Weights are [out, in] as in
/// PyTorch.
class EncoderLayerImpl : public torch::nn::Module {
 public:
  explicit EncoderLayerImpl(const EncoderConfig& config);
  /// Returns the hidden states [N, D] after the layer, from those before it. `index` (from 0) and `config`
  /// say which dropout is applied where.
  torch::Tensor forward(const torch::Tensor& hidden, const Layout& layout, const DropoutPlan& plan,
                        int64_t index, const EncoderConfig& config, Precision precision);

  torch::Tensor qkv_weight, qkv_bias;  ///< [3D, D], [3D]: rows of query, then key, then value
  torch::Tensor out_weight, out_bias;  ///< [D, D], [D]
  torch::Tensor attention_norm_weight, attention_norm_bias;
  torch::Tensor up_weight, up_bias;      ///< [hidden_dim, D], [hidden_dim]
  torch::Tensor down_weight, down_bias;  ///< [D, hidden_dim], [D]
  torch::Tensor output_norm_weight, output_norm_bias;
};
TORCH_MODULE(EncoderLayer);

/// The embeddings and the layers. Weights are uninitialised until random_start or load_encoder fills them.
class EncoderImpl : public torch::nn::Module {
 public:
  explicit EncoderImpl(const EncoderConfig& config);

  /// Draws matrices from N(0, init_std), and sets biases to 0 and LayerNorms to 1 and 0. Depends on `seed`
  /// alone.
  void random_start(uint64_t seed);

  /// Returns the hidden states [N, D] of `ids` (int64 [N]) before the first layer: word and position
  /// embeddings, for tokens of the second type its row, LayerNorm, dropout.
  torch::Tensor embed(const torch::Tensor& ids, const Layout& layout, const DropoutPlan& plan = {});
  /// Returns `hidden` [N, D] after the layers `first` to `last` - 1, counted from 0.
  torch::Tensor layers(torch::Tensor hidden, const Layout& layout, int64_t first, int64_t last,
                       const DropoutPlan& plan = {});
  /// Returns the hidden states [N, D] after embed and all layers.
  torch::Tensor forward(const Batch& batch, const DropoutPlan& plan = {});

  /// Replaces all dropout rates of the config by `rate`.
  void set_dropout(double rate);

  /// Sets the number format of the matrix products in all layers: kFp32, the default, or kBf16.
  void set_precision(Precision precision) { precision_ = precision; }
  Precision precision() const { return precision_; }

  const EncoderConfig& config() const { return config_; }
  /// Return the parameters of the embeddings, and of layer `index`.
  std::vector<torch::Tensor> embedding_parameters() const;
  std::vector<torch::Tensor> layer_parameters(int64_t index) const;

  torch::Tensor word_embeddings;      ///< [vocabulary, D]
  torch::Tensor position_embeddings;  ///< [positions, D], with the embedding of token type 0 added
  torch::Tensor norm_weight, norm_bias;
  /// [types, D] of the folder, see token_type_rows of the hub; a parameter where pairs of texts train it. The first row is 0
  /// and stays so.
  torch::Tensor token_type_rows;
  std::vector<EncoderLayer> stack;

 private:
  EncoderConfig config_;
  Precision precision_ = Precision::kFp32;
};
TORCH_MODULE(Encoder);

}  // namespace mtnlp
