// "Did you mean": the nearest of a list of valid words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mtnlp {

/// Insertions, deletions, replacements and swaps of neighbours, in bytes (optimal string alignment; Damerau
/// 1964).
size_t edit_distance(std::string_view a, std::string_view b);

/// ` (did you mean "x"?)` for the nearest of `valid` when it is near enough, else "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& valid);

/// `a, b, c`: for "found X, valid are: ...".
std::string join(const std::vector<std::string>& items, std::string_view separator = ", ");

}  // namespace mtnlp
