// Numbers out of text and as text.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace mtnlp {

/// Returns the number that all of `text` is in decimal; none for anything else: empty, "3x", " 3", "+3", out
/// of range. A floating-point number may be "nan" or "inf".
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Returns `value` with so many decimals; "nan" for NaN.
std::string fixed_text(double value, int digits);

/// Returns `value` as JSON and CSV carry it: the shortest text that reads back equal; "nan" for NaN.
std::string number_text(double value);
/// Returns the shortest text that reads back as the same float.
std::string float_text(float value);

}  // namespace mtnlp
