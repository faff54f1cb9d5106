// How messages name a setting: "max_length" for a program, "--max-length" for a command line. Whoever makes a
// message does not know which; whoever shows it does.
#pragma once

#include <string>
#include <string_view>

namespace mtnlp {

enum class Spelling {
  kField,   ///< "max_length"
  kOption,  ///< "--max-length"
};

/// Returns `name`, such as "max_length", marked as that of a setting: for a message that goes through
/// spelled.
std::string field(std::string_view name);

/// Returns `message` with its marked names in this spelling.
std::string spelled(std::string_view message, Spelling spelling = Spelling::kField);

}  // namespace mtnlp
