// Successive halving (Jamieson, Talwalkar 2016): all settings train for a few epochs, the better half goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mtnlp {

/// Some settings, and the epochs up to which they train.
struct Rung {
  size_t settings;
  uint64_t epochs;
};

/// Returns the rungs of `settings`, the last of `epochs`: half of the settings, rounded up, reach the next one,
/// which ends at about twice the epochs. One rung when there is nothing to halve.
std::vector<Rung> rungs_of(size_t settings, uint64_t epochs);

/// Returns the epochs that all rungs train, for one seed.
uint64_t epochs_of(const std::vector<Rung>& rungs);

/// Returns how many of `settings` can start so that their epochs over `seeds` seeds are at most `epochs_in_budget`;
/// at least 1.
size_t settings_in_budget(size_t settings, size_t seeds, uint64_t epochs, double epochs_in_budget);

}  // namespace mtnlp
