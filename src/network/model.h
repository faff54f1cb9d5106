// The multi-task sentence model: encoder, pooling and one linear head per task, with its tokenizer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "hub/model_folder.h"
#include "network/encoder.h"
#include "text/tokenizer.h"

namespace mtnlp {

/// Linear head: logits [B, C] = embeddings [B, D] · weight^T + bias.
struct Head {
  torch::Tensor weight;  ///< [C, D]
  torch::Tensor bias;    ///< [C]
  torch::Tensor forward(const torch::Tensor& embeddings) const;
};

/// A head with PyTorch's default start of nn::Linear, U(-1/sqrt(D), 1/sqrt(D)); depends on the seed and
/// task's name.
Head make_head(const Task& task, int64_t dim, uint64_t seed);

struct Model {
  Encoder encoder = nullptr;
  PoolingMode pooling = PoolingMode::kMean;
  std::vector<Task> tasks;
  std::vector<Head> heads;  ///< parallel to `tasks`
  std::shared_ptr<const Tokenizer> tokenizer;
  size_t max_length = 128;  ///< in tokens, the two special ones counted
  Truncation truncation = Truncation::kHead;
  Prompts prompts;   ///< of the folder it comes from, to be carried into checkpoints; the default is in use
  TextColumns text;  ///< of the rows it is trained on
  size_t unpooled = 0;         ///< tokens at the beginning of each sequence that pooling leaves out
  std::string encoder_folder;  ///< where the tokenizer's files are, to be carried into checkpoints
  std::map<std::string, std::string> provenance;

  /// Gives it the tokenizer of `folder`, with the default of `prompts` before every text, whose tokens are
  /// pooled only if `include_prompt`.
  void use_tokenizer(const fs::path& folder, Prompts prompts, bool include_prompt);
  /// [N, D] → [B, D]
  torch::Tensor pool(const torch::Tensor& hidden, const Layout& layout) const;
  /// [B, D]: encoder and pooling.
  torch::Tensor embed(const Batch& batch, const DropoutPlan& plan = {}) const;
  void to(torch::Device device);
  /// The same model for inference, with an encoder of its own that is packed; what is not packed is shared.
  Model packed(Precision precision) const;
};

/// `max_length` for an encoder: throws Error unless 2 <= max_length <= its positions. `where` it was given,
/// for the message: "--max-length", or a file.
void check_max_length(size_t max_length, const EncoderConfig& config, const std::string& where);

enum class DeviceKind { kCpu, kCuda };

/// The device of that kind, without one CUDA when the build and machine have it; throws Error when there is
/// no such device.
torch::Device choose_device(std::optional<DeviceKind> kind);

}  // namespace mtnlp
