// Which columns of a row make its text, or its pair of texts.
#pragma once

#include <string>
#include <vector>

namespace mtnlp {

struct TextColumns {
  std::vector<std::string> names = {"text"};  ///< at least one; title and body, say
  std::string join = " ";                     ///< between the columns
  std::string pair = {};                      ///< second text of a pair; empty: a row has one text

  bool is_pair() const { return !pair.empty(); }
  /// Returns the names of all of them.
  std::vector<std::string> all() const {
    std::vector<std::string> columns = names;
    if (is_pair()) columns.push_back(pair);
    return columns;
  }
  bool operator==(const TextColumns&) const = default;
};

}  // namespace mtnlp
