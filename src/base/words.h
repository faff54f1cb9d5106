// Lists of words: joining, splitting, names of enumerators, and the nearest word to one that is not known.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mtnlp {

/// Returns how many insertions, deletions, replacements and swaps of neighbours, in bytes, make `b` of `a`
/// (optimal string alignment; Damerau 1964).
size_t edit_distance(std::string_view a, std::string_view b);

/// Returns ` (did you mean "x"?)` for the nearest of `valid` when it is near enough, else "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& valid);

/// Returns `a, b, c`: for "found X, valid are: ...".
std::string join(const std::vector<std::string>& items, std::string_view separator = ", ");
/// Splits "a,b" into a and b. An end without text gives no item: none for "", one for "a,".
std::vector<std::string> split_text(const std::string& text, char separator = ',');
/// Returns what stands before, between and behind the occurrences of `separator`, which is not empty.
std::vector<std::string_view> pieces_of(std::string_view text, std::string_view separator);

/// Returns the enumerator at the place of `name` in `names`; throws Error, with `what` it is a name of, for
/// any other.
template <typename Enum>
Enum parse_name(const std::string& what, const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail_input(what, " \"", name, "\" is not known; valid are: ", join(names), did_you_mean(name, names));
  return static_cast<Enum>(found - names.begin());
}

}  // namespace mtnlp
