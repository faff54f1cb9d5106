// Outputs of frozen layers in files, which several runs share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "base/files.h"

namespace mtnlp {

/// Returns the tensor of `shape`, float32 on the host, that `folder` holds under `key`; when it holds none, that of
/// `compute`, which is written there for others. One process computes while those that want the same wait. `key` must
/// tell apart all that the tensor depends on. Throws Error of kSystem, Stopped while it waits.
torch::Tensor shared_output(const fs::path& folder, const std::string& key, const std::vector<int64_t>& shape,
                            const std::function<torch::Tensor()>& compute);

}  // namespace mtnlp
