// What a file looks like by its first bytes, whatever its name says.
#pragma once

#include <string_view>

#include "data/row_reader.h"

namespace mtnlp {

/// What may stand between the fields of a row, the usual first.
inline constexpr char kDelimiters[] = {',', ';', '\t', '|'};

/// Returns kJson for an array of objects or an empty one, kJsonl for an object, kAuto for anything else.
RowFormat json_by_look(std::string_view start);

/// Returns what plain lines that begin with `start` look like: "" or the name of a format.
const char* format_by_look(std::string_view start);

}  // namespace mtnlp
