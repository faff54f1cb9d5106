// A model in training: its settings and its network. From it a checkpoint is written or an engine made.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/device.h"
#include "engine/engine.h"
#include "hub/model_settings.h"
#include "network/network.h"

namespace mtnlp {

struct Model {
  ModelSettings settings;
  Network network = nullptr;
};

/// Loads and verifies a checkpoint, as read_checkpoint_settings does. Throws Error naming the file or tensor.
Model load_checkpoint(const fs::path& folder);
/// Reads what `pooling` learned from a checkpoint; nothing for a kind that learns nothing. Throws Error naming
/// the file or tensor.
void load_pooling(const fs::path& folder, PoolingImpl& pooling);

/// Writes a checkpoint into `folder`, which must exist and be empty. `also` may add files, which the
/// checksums cover.
void save_checkpoint(const fs::path& folder, const Model& model,
                     const std::function<void(const fs::path&)>& also = nullptr);

/// Copies the weights of `from` into `to`, a network of the same shape.
void copy_weights(const NetworkImpl& from, NetworkImpl& to);

/// Returns an fp32 engine with a copy of the present weights of the network.
std::unique_ptr<Engine> make_engine(const Model& model, int threads);
/// Returns copies of the weights of the heads, on the host.
std::vector<HeadWeights> head_weights(const NetworkImpl& network);

/// Returns the device of that kind; none: CUDA when build and machine have it, else the CPU. Throws Error
/// when there is no such device.
torch::Device choose_device(std::optional<DeviceKind> kind);

}  // namespace mtnlp
