// Which columns of a row make its text.
#pragma once

#include <string>
#include <vector>

namespace mtnlp {

struct TextColumns {
  std::vector<std::string> names = {"text"};
  std::string join = " ";  ///< between the values of several columns

  bool operator==(const TextColumns&) const = default;
};

}  // namespace mtnlp
