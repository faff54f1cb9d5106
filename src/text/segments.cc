#include "text/segments.h"

#include "text/fold_text.h"

namespace mtnlp {

Segments segments_of(std::string_view text) {
  const size_t mark = text.find(kSegmentMark);
  if (mark == std::string_view::npos) return {text};
  return {text.substr(0, mark), text.substr(mark + 1)};
}

std::string row_text(const Segments& segments) {
  std::string text(segments.first);
  if (segments.second) text.append(1, kSegmentMark).append(*segments.second);
  return text;
}

bool has_blank_segment(std::string_view text) {
  const auto [first, second] = segments_of(text);
  return without_invisible(first).empty() || (second && without_invisible(*second).empty());
}

std::string shown_segments(std::string_view text) {
  const auto [first, second] = segments_of(text);
  return second ? std::string(first).append(" | ").append(*second) : std::string(first);
}

}  // namespace mtnlp
