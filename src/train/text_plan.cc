#include "train/text_plan.h"

#include <algorithm>

#include "base/random.h"

namespace mtnlp {

uint64_t TextPlan::next_validation(uint64_t step) const {
  return std::min(steps, (step / round + 1) * round);
}

std::vector<uint32_t> TextPlan::rows(uint64_t step) const {
  constexpr uint64_t kOrder = 1;
  const KeyedOrder order(hash_key(seed, step / steps_per_epoch(), kOrder), sequences);
  const uint64_t begin = step % steps_per_epoch() * step_rows;
  std::vector<uint32_t> rows;
  for (uint64_t place = begin; place < std::min(begin + step_rows, sequences); ++place)
    rows.push_back(static_cast<uint32_t>(order[place]));
  return rows;
}

}  // namespace mtnlp
