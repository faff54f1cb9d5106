// The network in training, one tree of torch modules: encoder, pooling, and one linear head per task.
#pragma once

#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "hub/model_settings.h"
#include "network/encoder.h"
#include "network/pooling.h"

namespace mtnlp {

/// A part of the network that is frozen, saved and optimised as a whole.
struct Stage {
  enum class Kind { kEmbeddings, kLayer, kPooling, kHead };
  Kind kind;
  size_t index = 0;  ///< index of the layer or the task, from 0; else 0
};

/// A tensor of weights. Its name is unique in the network: "encoder.layer0.qkv_weight", "head.topic.bias".
struct Parameter {
  Stage stage;
  std::string name;
  torch::Tensor tensor;
};

/// Linear head: outputs [B, C], of one label of several their logits, = embeddings [B, D] · weight^T + bias.
class HeadImpl : public torch::nn::Module {
 public:
  HeadImpl(int64_t outputs, int64_t dim);
  torch::Tensor forward(const torch::Tensor& embeddings) const;

  torch::Tensor weight;  ///< [C, D]
  torch::Tensor bias;    ///< [C]
};
TORCH_MODULE(Head);

class NetworkImpl : public torch::nn::Module {
 public:
  /// Makes the network around `encoder`, which is shared. The weights of the heads are uninitialised.
  NetworkImpl(Encoder encoder, const ModelSettings& settings);

  /// Draws the weights of the heads from U(-1/sqrt(D), 1/sqrt(D)), the default of PyTorch's nn.Linear.
  /// Depends on `seed` and the name of the task alone.
  void start_heads(uint64_t seed);

  /// Returns the embeddings [B, D] of `batch`: encoder and pooling.
  torch::Tensor embed(const Batch& batch, const DropoutPlan& plan = {});

  /// Returns every parameter once, in the order embeddings, layers, pooling, heads.
  std::vector<Parameter> tensors() const;

  Encoder encoder = nullptr;
  Pooling pooling = nullptr;
  std::vector<Head> heads;  ///< parallel to the tasks

 private:
  std::vector<std::string> tasks_;
};
TORCH_MODULE(Network);

}  // namespace mtnlp
