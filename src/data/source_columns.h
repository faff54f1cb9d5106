// Where the columns of one data file are.
#pragma once

#include <optional>
#include <vector>

#include "data/dataset.h"
#include "data/row_reader.h"

namespace mtnlp {

struct SourceColumns {
  RowText text;
  std::vector<std::vector<size_t>> labels;  ///< parallel to Source::label_columns
  std::optional<size_t> group;              ///< empty: the text is the group
};

/// Finds them in the header that `reader` has read and tells `source` its label columns. Throws Error when
/// one is missing, two tasks read the same, or a name is not UTF-8.
SourceColumns find_columns(RowReader& reader, const DatasetOptions& options, const std::vector<Task>& tasks,
                           Source& source);

}  // namespace mtnlp
