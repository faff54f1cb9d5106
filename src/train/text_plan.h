// How long a run over sequences of texts is, and which of them a step takes.
#pragma once

#include <cstdint>
#include <vector>

namespace mtnlp {

struct TextPlan {
  uint64_t sequences = 0;  ///< of the training part, at least 1
  uint64_t step_rows = 1;  ///< sequences of a step; the last one of an epoch may have fewer
  uint64_t steps = 0;      ///< in all
  uint64_t round = 1;      ///< steps between validations; there is one after the last step, too
  uint64_t seed = 42;      ///< of the order

  uint64_t steps_per_epoch() const { return (sequences + step_rows - 1) / step_rows; }
  /// Returns how many validations are due once `step` steps are done.
  uint64_t rounds_ended(uint64_t step) const {
    return step == steps ? (steps + round - 1) / round : step / round;
  }
  /// Returns the first step above `step` after which there is a validation.
  uint64_t next_validation(uint64_t step) const;
  /// Returns the rows of step `step`, from 0: each epoch takes all in another random order.
  std::vector<uint32_t> rows(uint64_t step) const;
};

}  // namespace mtnlp
