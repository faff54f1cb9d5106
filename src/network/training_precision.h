// The precision that training takes by itself.
#pragma once

#include <optional>

#include <torch/types.h>

#include "engine/precision.h"

namespace mtnlp {

/// Returns `chosen`, else what "auto" is for training: bf16 where the CPU multiplies it at least twice as fast as
/// float (AMX, or AMD with AVX512_BF16; Intel's AVX512_BF16 without AMX is slower than float), else fp32. It
/// goes by what the CPU says of itself and not by the clock, so that a run can be repeated.
Precision resolve_training_precision(std::optional<Precision> chosen, torch::Device device);

}  // namespace mtnlp
