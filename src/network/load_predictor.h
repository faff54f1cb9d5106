// A predictor on the device that a user names. No torch header, so that the command line needs none.
#pragma once

#include <string>

#include "infer/predictor.h"

namespace mtnlp {

/// As load_predictor; `device` is "auto" (CUDA when the build and machine have it), "cpu" or "cuda". Throws
/// Error when there is no such device, and for int8 on another than the CPU.
Predictor load_predictor_on(const std::string& device, const fs::path& folder,
                            const PredictorOptions& options, bool need_heads);

}  // namespace mtnlp
