// Text of users made fit for a terminal, a log line or an error message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mtnlp {

/// Returns `text` on one line and without characters that a terminal would obey or nobody could see: control
/// characters (C0, DEL, C1), line and paragraph separators, marks of text direction, zero-width characters
/// and byte order marks become `\n`, `\t`, `\x1b` or `\u{feff}`; bytes that are not UTF-8 become `\xff`. All
/// else stays as it is, the backslash too.
std::string printable(std::string_view text);

/// Returns `text`, or its first bytes and "..." when it is longer than `most` bytes (at least 8). Never cuts
/// a UTF-8 sequence.
std::string shortened(std::string_view text, size_t most);

/// Returns `text` printable, at most 60 bytes of it, in quotes.
std::string shown(std::string_view text);

/// Returns `a, b, c and 4 more`: at most three of `items`, as they are.
std::string few_of(const std::vector<std::string>& items);

/// Returns the columns that printable UTF-8 takes on a terminal: two for wide East Asian characters, none for
/// combining ones.
size_t printed_width(std::string_view text);

}  // namespace mtnlp
