// The work of `mtnlp quantize`: a copy of a model folder with matrices in 8 bits.
#pragma once

#include "base/files.h"

namespace mtnlp {

/// Writes `out`, which must not exist, completely or not at all: the files of `model`, an encoder folder or
/// checkpoint, with kInt8WeightsFile in place of model.safetensors. The heads of a checkpoint stay float.
/// Throws Error when `model` is not such a folder or is in 8 bits already.
void quantize_folder(const fs::path& model, const fs::path& out);

}  // namespace mtnlp
