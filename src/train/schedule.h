// The learning rate over the steps of a run.
#pragma once

#include <cstdint>

namespace mtnlp {

/// Linear warm-up from 0 and linear decay to 0, as get_linear_schedule_with_warmup of `transformers`: the
/// factor of the learning rate at step `step` (from 0) of `total`, with `warmup` steps of warm-up.
inline double linear_schedule(uint64_t step, uint64_t total, uint64_t warmup) {
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(warmup);
  if (step >= total) return 0;
  return static_cast<double>(total - step) / static_cast<double>(total - warmup);
}

}  // namespace mtnlp
