// Loading a predictor onto a device. Includes no torch header, so that the command line needs none.
#pragma once

#include <optional>

#include "engine/device.h"
#include "infer/predictor.h"

namespace mtnlp {

/// Loads a model as load_predictor does, onto `device`; none: CUDA when build and machine have it, else the
/// CPU. Throws Error when the device is missing, and for int8 on another device than the CPU.
Predictor load_predictor_on(std::optional<DeviceKind> device, const fs::path& folder,
                            const PredictorOptions& options, bool need_heads);

}  // namespace mtnlp
