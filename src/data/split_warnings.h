// What the split could not do as well as it should, each kind in one line.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mtnlp {

/// How a stratum came out.
struct StratumOutcome {
  std::string name;
  double rows = 0;
  size_t units = 0;
  std::array<double, 3> lack{};  ///< rows that each part has too few; negative: too many
};

/// Returns the labels of a task that have fewer than `few` units, `units` of them the last one; "" for none.
std::string few_units_warning(const Dataset& dataset, size_t task, const std::vector<std::string>& labels,
                              size_t few, size_t units);

/// Returns the strata of a task with 20 units or more of which a part is more than 3 points off its share; "" for
/// none.
std::string uneven_warning(const Dataset& dataset, size_t task, const std::vector<StratumOutcome>& strata);

/// Returns a line for each part of a task that should have rows and has none.
std::vector<std::string> empty_part_warnings(const Dataset& dataset, const std::vector<Part>& parts,
                                             const std::array<double, 3>& shares);

}  // namespace mtnlp
