// fold_text of dataset.h, which on its way also sees what is wrong with the encoding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mtnlp {

/// As fold_text; `bad_bytes` gets the number of bytes that are not UTF-8. They stay as they are.
std::string fold_text(std::string_view text, size_t* bad_bytes);

/// Without white space of ASCII at both ends.
std::string_view trim(std::string_view text);

}  // namespace mtnlp
