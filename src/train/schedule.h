// The learning rate over the steps of a run: a linear warm-up from 0, then what the schedule says.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace mtnlp {

enum class Schedule {
  kLinear,    ///< falls to 0 in a line, as get_linear_schedule_with_warmup of `transformers`
  kCosine,    ///< falls to 0 in half a cosine, as get_cosine_schedule_with_warmup
  kConstant,  ///< stays, as get_constant_schedule_with_warmup
};

/// Returns the factor of the learning rate at step `step` (from 0) of `total`, with `warmup` steps of warm-up.
inline double schedule_factor(Schedule schedule, uint64_t step, uint64_t total, uint64_t warmup) {
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(warmup);
  if (schedule == Schedule::kConstant) return 1;
  if (step >= total) return 0;
  const double left = static_cast<double>(total - step) / static_cast<double>(total - warmup);
  return schedule == Schedule::kLinear ? left : 0.5 * (1 + std::cos(std::numbers::pi * (1 - left)));
}

/// Returns the factor of the linear schedule.
inline double linear_schedule(uint64_t step, uint64_t total, uint64_t warmup) {
  return schedule_factor(Schedule::kLinear, step, total, warmup);
}

}  // namespace mtnlp
