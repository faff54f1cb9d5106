// A pair of texts: the two segments of what goes through the encoder as one sequence.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mtnlp {

/// A text or, with a second one, a pair.
struct Segments {
  std::string_view first;
  std::optional<std::string_view> second = {};
};

/// Stands between the two texts where the text of a row is a pair. No row has a text that holds it.
inline constexpr char kSegmentMark = '\0';

/// Returns the segments of the text of a row, views of it.
Segments segments_of(std::string_view text);

/// Returns the text of a row with these segments.
std::string row_text(const Segments& segments);

/// Says whether a segment of the text of a row shows nothing.
bool has_blank_segment(std::string_view text);

/// Returns the text of a row for people: " | " stands between the texts of a pair.
std::string shown_segments(std::string_view text);

}  // namespace mtnlp
