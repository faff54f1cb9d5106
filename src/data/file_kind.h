// Kinds of file that hold no rows of text, told by their first bytes.
#pragma once

#include <string_view>

namespace mtnlp {

/// Throws Error, naming the kind and the way out, when a file that begins with `start` is none of text: an
/// archive, a spreadsheet, a database, a table of another tool, UTF-16 or UTF-32 with or without a byte order
/// mark, or bytes that are not text at all. `name` is the file's.
void require_text(std::string_view start, std::string_view name);

/// Says whether a file whose first field is `field` without quotes would be taken for something else:
/// compressed data, one of those kinds, a byte order mark, or an order such as "sep=;".
bool starts_like_another_file(std::string_view field);

}  // namespace mtnlp
