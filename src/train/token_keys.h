// The keys by which dropout knows the tokens of a step.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include <torch/types.h>

#include "text/token_ids.h"

namespace mtnlp {

/// Returns the keys of the tokens of `rows`, int64 [N], whose ids are `sequences`: the same wherever a row stands
/// in the step. `seen` counts how often each row has passed in it.
torch::Tensor token_keys(std::span<const uint32_t> rows, std::span<const TokenIds> sequences,
                         std::map<uint32_t, uint64_t>& seen);

}  // namespace mtnlp
