// Which parts of the model keep their weights.
#pragma once

#include <cstdint>

#include "network/model.h"
#include "run/freeze_spec.h"

namespace mtnlp {

/// Marks frozen tensors with requires_grad(false) and returns the number of frozen stages from the bottom: 0
/// none, 1 the embeddings, 1 + K the K lowest layers too, 1 + layers the whole backbone. Throws Error for a K
/// beyond the encoder and a head that is no task.
int64_t apply_freeze(const FreezeSpec& spec, Model& model);

}  // namespace mtnlp
