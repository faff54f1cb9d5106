// How the steps of an epoch are shared out over the sources.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mtnlp {

struct Mixing {
  /// A source of n training rows gets a share of n^(1/temperature) (Raffel et al. 2020, 3.5.2): 1 is in
  /// proportion, infinity is equal shares.
  double temperature = 1;
  bool sequential = false;  ///< all steps of a source, then those of the next; else in random order
};

/// Returns what "proportional", "equal", "temperature:T" or "sequential" means; throws Error for any other.
Mixing parse_mixing(const std::string& text);

/// Returns how many of `steps` each source gets that has so many `rows`: its share, rounded so that the sum is
/// `steps`, and at least 1; 0 for a source without rows. Throws Error when there are more sources than steps.
std::vector<size_t> share_steps(const std::vector<size_t>& rows, size_t steps, double temperature);

}  // namespace mtnlp
