// The network in training: encoder, pooling and one linear head per task, as one tree of torch modules.
#pragma once

#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "hub/model_settings.h"
#include "network/encoder.h"
#include "network/pooling.h"

namespace mtnlp {

/// A piece of the network that is frozen, saved and optimised as one.
struct Stage {
  enum class Kind { kEmbeddings, kLayer, kPooling, kHead };
  Kind kind;
  size_t index = 0;  ///< of the layer, or of the task
};

/// A tensor that training changes. Its name is unique in the network: "encoder.layer0.qkv_weight",
/// "head.topic.bias".
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
  /// Takes `encoder`; the weights of the heads are uninitialised.
  NetworkImpl(Encoder encoder, const ModelSettings& settings);

  /// Gives the heads PyTorch's default start of nn::Linear, U(-1/sqrt(D), 1/sqrt(D)): a pure function of the
  /// seed and a task's name.
  void start_heads(uint64_t seed);

  /// [B, D]: encoder and pooling.
  torch::Tensor embed(const Batch& batch, const DropoutPlan& plan = {});

  /// Returns every parameter once, from the embeddings over the layers and the pooling to the heads.
  std::vector<Parameter> tensors() const;

  Encoder encoder = nullptr;
  Pooling pooling = nullptr;
  std::vector<Head> heads;  ///< parallel to the tasks

 private:
  std::vector<std::string> tasks_;
};
TORCH_MODULE(Network);

}  // namespace mtnlp
