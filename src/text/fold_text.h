// Texts as a person sees them.
#pragma once

#include <string>
#include <string_view>

namespace mtnlp {

/// Folds case and white space, of a pair in each of its segments: texts that become equal are equal for the split. Idempotent.
std::string fold_text(std::string_view text);

/// Returns `text` without control characters other than white space and without characters that show nothing
/// (zero width, soft hyphens, marks of direction); "" when only white space would be left.
std::string without_invisible(std::string_view text);

}  // namespace mtnlp
