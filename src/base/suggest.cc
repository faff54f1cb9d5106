#include "mtnlp/base/suggest.h"

#include <algorithm>
#include <numeric>

namespace mtnlp {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row.back();
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& valid) {
  const std::string* nearest = nullptr;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : valid)
    if (const size_t distance = edit_distance(word, candidate); distance < best) {
      best = distance;
      nearest = &candidate;
    }
  return nearest == nullptr ? "" : " (did you mean \"" + *nearest + "\"?)";
}

std::string join(const std::vector<std::string>& items, std::string_view separator) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += separator;
    text += item;
  }
  return text;
}

}  // namespace mtnlp
