// JSON as text: what must pass through to the last digit is cut out of it, not parsed and written again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mtnlp {

inline constexpr std::string_view kJsonSpace = " \t\r\n";  ///< between the tokens of JSON

/// A key of an object with its value, as they stand in the text.
struct JsonMember {
  std::string key;         ///< without quotes and escapes
  std::string_view text;   ///< `"key": value`, a view of the object's text
  std::string_view value;  ///< part of `text` behind the colon
};

/// Returns the members of `object` in order; it must be the text of one valid JSON object.
std::vector<JsonMember> json_members(std::string_view object);

/// Returns the text that the valid JSON string `string`, quotes included, stands for.
std::string json_string_text(std::string_view string);

/// Returns `text` as a JSON string in quotes; a byte that is not UTF-8 becomes U+FFFD.
std::string json_string(const std::string& text);

}  // namespace mtnlp
