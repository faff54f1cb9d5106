// What the files of a dataset say of its rows beside text and labels: they are read once more.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mtnlp {

struct RowPlace {
  size_t line = 0;    ///< first line, from 1
  size_t number = 0;  ///< in an array of JSON the number of the object from 1, else 0
  std::vector<std::optional<std::string>> cells =
      {};  ///< in the columns asked for; none where there is no such cell
};

/// Returns the places of `rows`, ascending row ids. Throws Error where a file is a pipe, has changed, or none of them has
/// one of the columns.
std::vector<RowPlace> read_places(const Dataset& dataset, std::span<const uint32_t> rows,
                                  const std::vector<std::string>& columns = {});

/// Returns the first line of each of `rows`, by its id. Throws Error as read_places.
std::map<uint32_t, size_t> read_lines(const Dataset& dataset, const std::set<uint32_t>& rows);

}  // namespace mtnlp
