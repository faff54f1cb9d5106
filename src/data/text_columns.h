// Which columns of a row make its text.
#pragma once

#include <string>
#include <vector>

namespace mtnlp {

struct TextColumns {
  std::vector<std::string> names = {"text"};  ///< at least one; title and body, say
  std::string join = " ";                     ///< between the columns
  bool operator==(const TextColumns&) const = default;
};

}  // namespace mtnlp
