#include "base/words.h"

#include <algorithm>
#include <numeric>
#include <sstream>

namespace mtnlp {

size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table of distances between prefixes: two before, the one before, this one.
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last.back();
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& valid) {
  constexpr size_t kLongest = 200;  // a text, not a word, and long to compare
  if (word.size() > kLongest) return "";
  const std::string* nearest = nullptr;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : valid) {
    if (candidate.size() >= word.size() + best) continue;  // so many insertions at least
    if (const size_t distance = edit_distance(word, candidate); distance < best) {
      best = distance;
      nearest = &candidate;
    }
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

std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<std::string_view> pieces_of(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> pieces;
  for (size_t end = 0; (end = text.find(separator)) != std::string_view::npos;) {
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  pieces.push_back(text);
  return pieces;
}

}  // namespace mtnlp
