// Which row trains, which chooses the epoch, which tests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/known_parts.h"

namespace mtnlp {

struct SplitOptions {
  std::array<double, 3> shares = {0.70, 0.15, 0.15};  ///< train, validation, test
  uint64_t seed = 42;
  /// Parts that texts had before. A unit with such a text keeps the part, train before the others where its
  /// texts differ, unless that part is given. Null: none is known. Borrowed.
  const KnownParts* known = nullptr;
  size_t few_units = 3;  ///< a stratum of fewer units trains whole
};

/// Returns the part of each row id. A unit (DatasetRow::group, over all sources together) never falls in two
/// parts; stratified by TaskKind::strata (a label each) as well as units allow (greedy: units in seeded order,
/// rarest stratum first, each to the part that lacks its rarest one most, Sechidis et al. 2011; then units move, and two change
/// places, while that brings the parts nearer to their shares). Rows of a source with a given part get it,
/// and a given part of a task leaves the others of that task to fill the rest: with given validation and test
/// files, all other rows train. A row of several tasks goes only where none of them has a given part. Units
/// that also occur in a given validation or test source are not moved (data check reports them). A stratum with
/// fewer than `few_units` units trains whole, of the others each part gets a unit where that does not overfill it; one of 20 units
/// or more that ends more than 3 points off its shares is warned of. The
/// order of sources, tasks and labels does not matter.
std::vector<Part> split_rows(const Dataset& dataset, const SplitOptions& options,
                             std::vector<std::string>* warnings);

}  // namespace mtnlp
