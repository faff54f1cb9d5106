// What the reader of a data set doubts, each kind in one line of bounded length: rows that were skipped or are
// odd.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"

namespace mtnlp {

/// Returns one line for each kind of rows that were skipped or are doubtful, with their first places.
std::vector<std::string> row_warnings(const std::vector<Source>& sources);

}  // namespace mtnlp
