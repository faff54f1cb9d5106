// The split as a run stores it, so that eval repeats it and notices changed files.
#pragma once

#include <vector>

#include "data/dataset.h"
#include "data/known_parts.h"

namespace mtnlp {

/// Writes RUN/sources.json (files relative to the run, their checksums, tasks and columns), RUN/split.csv
/// (source,row,part,text) and, where the runs that this one starts from knew more than these rows say,
/// RUN/earlier.csv (text,part). Each atomic. `earlier`: read_known_parts of the run of --init.
void write_split_record(const fs::path& run, const Dataset& dataset, const std::vector<Part>& parts,
                        const KnownParts& earlier = {});

struct SplitRecord {
  Dataset dataset;          ///< rows of the record, read again from the files
  std::vector<Part> parts;  ///< row id → part
};

/// Reads the record and the data files again. `tasks` are those of the checkpoint. Throws Error when the run
/// has no record, a file is missing or not a regular file, or its checksum differs ("changed since the run
/// was split"). Whether the record itself is as it was, a checkpoint knows (see require_split_of).
SplitRecord read_split_record(const fs::path& run, const std::vector<Task>& tasks);

/// Returns the parts that the texts of `run`, and of the runs that it started from, had. Its data files are read only where a
/// run of an older mtnlp does not say; `tasks` are those of its checkpoint. Throws Error when the record is damaged.
KnownParts read_known_parts(const fs::path& run, const std::vector<Task>& tasks);
/// Does the same for the run in which `checkpoint` lies; none, and a line in the log, where it lies in no run. Throws Error
/// also when the split is not the one that the checkpoint was trained by.
KnownParts parts_known_to(const fs::path& checkpoint, const std::vector<Task>& tasks);

/// Throws the same Errors about data files for a run that may have no checkpoint or record yet.
void require_same_sources(const fs::path& run);

}  // namespace mtnlp
