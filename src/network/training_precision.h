// The precision of training when the user chooses none.
#pragma once

#include <optional>

#include <torch/types.h>

#include "engine/precision.h"

namespace mtnlp {

/// Returns `chosen`; without it bf16 on a CPU that multiplies bfloat16 at least twice as fast as float (AMX,
/// or AMD with AVX512_BF16; Intel's AVX512_BF16 without AMX is slower than float), else fp32. Decides by the
/// features that the CPU reports, never by measuring, so that a run can be repeated.
Precision resolve_training_precision(std::optional<Precision> chosen, torch::Device device);

}  // namespace mtnlp
