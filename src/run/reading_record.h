// How the files of a run are read, in its sources.json.
#pragma once

#include "base/json.h"
#include "data/dataset.h"

namespace mtnlp {

/// Returns how the files are read. The columns of text and groups have been there from the start; all else is
/// written where it is not the default.
OrderedJson reading_json(const Reading& reading);

/// Reads it back; throws Error naming `file` for what is not of its type.
Reading read_reading(const Json& json, const fs::path& file);

}  // namespace mtnlp
