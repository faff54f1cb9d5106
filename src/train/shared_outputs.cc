#include "train/shared_outputs.h"

#include <fcntl.h>

#include <chrono>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/lock.h"
#include "base/safetensors.h"
#include "base/signals.h"
#include "network/tensor_files.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

constexpr const char* kName = "outputs";

/// Waits for the lock on `file`, which is made if need be. Throws Stopped.
Lock wait_for(const fs::path& file) {
  const Descriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (made.get() < 0) fail_system(file.string(), ": cannot be written: ", why());
  for (;;) {
    if (Lock lock(file, Lock::Kind::kAlone); lock.is_granted()) return lock;
    throw_if_stopped();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

/// Returns the tensor as the map of its file, which lives as long as the tensor.
torch::Tensor open_tensor(const fs::path& file, const std::vector<int64_t>& shape) {
  const auto map = std::make_shared<SafetensorsFile>(file);
  const auto found = map->tensors().find(kName);
  if (found == map->tensors().end() || found->second.dtype != "F32" || found->second.shape != shape)
    fail_input(file.string(), ": does not hold the outputs of these layers; remove it");
  auto* data = const_cast<std::byte*>(found->second.bytes.data());  // NOLINT: libtorch has no tensor of const
  return torch::from_blob(
      data, shape, [map](void*) {}, torch::kFloat32);
}

}  // namespace

torch::Tensor shared_output(const fs::path& folder, const std::string& key, const std::vector<int64_t>& shape,
                            const std::function<torch::Tensor()>& compute) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_system(folder.string(), ": cannot be made: ", error.message());
  const fs::path file = folder / (key + ".safetensors");
  const Lock held = wait_for(folder / (key + ".lock"));
  if (fs::exists(file)) return open_tensor(file, shape);
  torch::Tensor outputs = compute();
  const Temporary temporary = create_temporary(file);
  save_tensors(temporary.path, {{kName, outputs}});
  rename_over(temporary.path, file);
  return outputs;
}

}  // namespace mtnlp
