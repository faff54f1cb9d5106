// A predictor on the device that a user names. No torch header, so that the command line needs none.
#pragma once

#include <optional>

#include "engine/device.h"
#include "infer/predictor.h"

namespace mtnlp {

/// As load_predictor; without `device` on CUDA when the build and machine have it. Throws Error when there is no
/// such device, and for int8 on another than the CPU.
Predictor load_predictor_on(std::optional<DeviceKind> device, const fs::path& folder,
                            const PredictorOptions& options, bool need_heads);

}  // namespace mtnlp
