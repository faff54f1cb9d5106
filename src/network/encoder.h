// The encoder in training: a torch module on variable-length batches, on any device.
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

/// Where dropout comes from in one forward pass; the default is evaluation: none.
struct DropoutPlan {
  bool training = false;
  uint64_t key = 0;           ///< of (seed, step); a layer and a place in it are added by the encoder
  torch::Tensor tokens = {};  ///< int64 [N], see BatchDropout
};

/// Post-LayerNorm transformer layer (Sanh et al. 2019; Devlin et al. 2019). Weights are [out, in] as in
/// PyTorch.
class EncoderLayerImpl : public torch::nn::Module {
 public:
  explicit EncoderLayerImpl(const EncoderConfig& config);
  /// [N, D] → [N, D]
  /// `index` of the layer and `config` say which dropout falls where.
  torch::Tensor forward(const torch::Tensor& hidden, const Layout& layout, const DropoutPlan& plan,
                        int64_t index, const EncoderConfig& config, Precision precision);

  torch::Tensor qkv_weight, qkv_bias;  ///< [3D, D], [3D]: query, key, value one below the other
  torch::Tensor out_weight, out_bias;  ///< [D, D], [D]
  torch::Tensor attention_norm_weight, attention_norm_bias;
  torch::Tensor up_weight, up_bias;      ///< [hidden_dim, D], [hidden_dim]
  torch::Tensor down_weight, down_bias;  ///< [D, hidden_dim], [D]
  torch::Tensor output_norm_weight, output_norm_bias;
};
TORCH_MODULE(EncoderLayer);

/// Weights are uninitialised until random_start or load_encoder_weights.
class EncoderImpl : public torch::nn::Module {
 public:
  explicit EncoderImpl(const EncoderConfig& config);

  /// Matrices N(0, init_std), biases 0, LayerNorms 1 and 0; a pure function of `seed`.
  void random_start(uint64_t seed);

  /// ids int64 [N] → hidden [N, D]: word + position embeddings, LayerNorm, dropout.
  torch::Tensor embed(const torch::Tensor& ids, const Layout& layout, const DropoutPlan& plan = {});
  /// Layers first to last - 1 (0-based) on hidden [N, D].
  torch::Tensor layers(torch::Tensor hidden, const Layout& layout, int64_t first, int64_t last,
                       const DropoutPlan& plan = {});
  /// embed and all layers.
  torch::Tensor forward(const Batch& batch, const DropoutPlan& plan = {});

  /// Overrides every dropout rate of the config.
  void set_dropout(double rate);

  /// Of the products in all layers, kFp32 or kBf16; kFp32 at first.
  void set_precision(Precision precision) { precision_ = precision; }
  Precision precision() const { return precision_; }

  const EncoderConfig& config() const { return config_; }
  /// Parameters of the embeddings, and of layer `index`.
  std::vector<torch::Tensor> embedding_parameters() const;
  std::vector<torch::Tensor> layer_parameters(int64_t index) const;

  torch::Tensor word_embeddings;      ///< [vocabulary, D]
  torch::Tensor position_embeddings;  ///< [positions, D], token type 0 folded in
  torch::Tensor norm_weight, norm_bias;
  std::vector<EncoderLayer> stack;

 private:
  EncoderConfig config_;
  Precision precision_ = Precision::kFp32;
};
TORCH_MODULE(Encoder);

}  // namespace mtnlp
