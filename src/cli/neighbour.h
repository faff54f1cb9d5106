// mtnlp-train, the executable beside mtnlp that is the same program with libtorch. Loading libtorch takes a quarter of a
// second, which only verbs that need it shall cost.
#pragma once

#include <optional>
#include <span>

#include "engine/device.h"

namespace mtnlp::cli {

/// Returns whether a model on `device` may need libtorch; none: CUDA when there is a CUDA device, else the CPU.
bool needs_libtorch(std::optional<DeviceKind> device);

/// Replaces this process by mtnlp-train with the same arguments, which end with a null pointer. Throws Error when it cannot
/// be started.
[[noreturn]] void start_mtnlp_train(std::span<char*> arguments);

}  // namespace mtnlp::cli
