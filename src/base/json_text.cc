#include "base/json_text.h"

#include <algorithm>

#include "base/json.h"

namespace mtnlp {
namespace {

/// Returns the place behind the string that starts at `at` with its quote.
size_t string_end(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

/// Returns the place of the comma or bracket that ends the value at `at`.
size_t value_end(std::string_view text, size_t at) {
  for (int depth = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == ',' && depth == 0) return at;
    if ((c == '}' || c == ']') && depth-- == 0) return at;
    ++at;
  }
  return at;
}

}  // namespace

std::vector<JsonMember> json_members(std::string_view object) {
  std::vector<JsonMember> members;
  const auto skip_space = [&](size_t at) {
    return std::min(object.find_first_not_of(kJsonSpace, at), object.size());
  };
  size_t at = object.find('{') + 1;  // a byte order mark may come first
  while ((at = skip_space(at)) < object.size() && object[at] == '"') {
    const size_t key_end = string_end(object, at);
    const size_t value = skip_space(skip_space(key_end) + 1);
    const size_t end = value_end(object, value);
    const size_t last = object.find_last_not_of(kJsonSpace, end - 1) + 1;
    members.push_back({json_string_text(object.substr(at, key_end - at)), object.substr(at, last - at),
                       object.substr(value, last - value)});
    at = end + 1;
  }
  return members;
}

std::string json_string_text(std::string_view string) {
  if (string.find('\\') == std::string_view::npos) return std::string(string.substr(1, string.size() - 2));
  return Json::parse(string).get<std::string>();
}

std::string json_string(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mtnlp
