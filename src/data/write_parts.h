// The parts of a split as files.
#pragma once

#include <vector>

#include "base/files.h"
#include "data/dataset.h"

namespace mtnlp {

struct WrittenPart {
  fs::path file;
  size_t source;  ///< index into Dataset::sources
  Part part;
  size_t rows = 0;
};

/// Writes the rows of every source without a given part to FOLDER/NAME/train.csv, validation.csv and test.csv
/// with all the columns of the source, in its order (a JSONL source gives .jsonl with its lines as they are,
/// but for a part's first line, which gets a null for each column that it lacks, since it names the columns;
/// TSV gives .tsv). NAME is the file's name without endings; a second source of that name gets "-2" and so
/// on. Rows that are not in the data set are left out, and so are parts without rows; a label that `limit`
/// took from a row is empty. The source is read again in constant memory. A folder FOLDER/NAME that exists is
/// refused with Error before anything is written; it appears complete or not at all. Returns the files.
std::vector<WrittenPart> write_parts(const Dataset& dataset, const std::vector<Part>& parts,
                                     const fs::path& folder);

}  // namespace mtnlp
