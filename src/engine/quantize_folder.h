// `mtnlp quantize`: an encoder or checkpoint folder with its matrices in 8 bits.
#pragma once

#include "base/files.h"

namespace mtnlp {

/// Writes `out`, which must not exist, complete or not at all: the files of `model` with kInt8WeightsFile in
/// place of model.safetensors; a checkpoint's heads stay as they are. Throws Error, also when `model` is in 8
/// bits already.
void quantize_folder(const fs::path& model, const fs::path& out);

}  // namespace mtnlp
