// A model in training: its settings and its network, and how they become a checkpoint and the engine.
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

/// Loads and verifies a checkpoint, see read_checkpoint_settings; throws Error naming the file or tensor.
Model load_checkpoint(const fs::path& folder);

/// Fills `folder` (existing, empty). Files that `also` adds are covered by the checksums.
void save_checkpoint(const fs::path& folder, const Model& model,
                     const std::function<void(const fs::path&)>& also = nullptr);

/// Copies the weights of `from`, a network of the same shape, into `to`.
void copy_weights(const NetworkImpl& from, NetworkImpl& to);

/// Returns the engine with the network's weights as they are now, in fp32.
std::unique_ptr<Engine> make_engine(const Model& model, int threads);
/// Returns the weights of the heads, on the host.
std::vector<HeadWeights> head_weights(const NetworkImpl& network);

/// Returns the device of that kind, without one CUDA when the build and machine have it; throws Error when there
/// is no such device.
torch::Device choose_device(std::optional<DeviceKind> kind);

}  // namespace mtnlp
