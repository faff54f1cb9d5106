// JSON files with errors that name the file and the key.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "mtnlp/base/error.h"
#include "mtnlp/base/files.h"

namespace mtnlp {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// A text for a message: in quotes, short and on one line.
std::string in_quotes(std::string_view text);

/// As J::parse (Json or OrderedJson), but an object must not name a key twice, which nlohmann lets pass:
/// `twice` is told the key and throws.
template <typename J>
J parse_unique_keys(std::string_view text, const std::function<void(const std::string&)>& twice) {
  std::vector<std::set<std::string>> open;  // the keys of the objects around this place
  return J::parse(text, [&](int, typename J::parse_event_t event, J& parsed) {
    if (event == J::parse_event_t::object_start) open.emplace_back();
    if (event == J::parse_event_t::object_end) open.pop_back();
    if (event == J::parse_event_t::key) {
      std::string key = parsed.template get<std::string>();
      if (!open.back().insert(key).second) twice(key);
    }
    return true;
  });
}

/// Parses the file; throws Error naming it and the place. The top level must be an object.
Json read_json(const fs::path& file);

/// `object[key]` as T, or `fallback` when the key is absent or null. Throws Error naming `file` and `key`
/// when the value has another type; no number is rounded or cut to fit.
template <typename T>
T json_get(const Json& object, const std::string& key, const T& fallback, const fs::path& file) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return fallback;
  try {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if (found->is_number_integer() && std::in_range<T>(found->get<int64_t>())) return found->get<T>();
    } else {
      return found->get<T>();
    }
  } catch (const Json::exception&) {  // reported below
  }
  fail_input(file.string(), ": \"", key, "\" has the unexpected value ", found->dump().substr(0, 60));
}

/// As json_get, but the key must be there.
template <typename T>
T json_require(const Json& object, const std::string& key, const fs::path& file) {
  if (!object.contains(key) || object.at(key).is_null())
    fail_input(file.string(), ": \"", key, "\" is missing");
  return json_get<T>(object, key, T{}, file);
}

}  // namespace mtnlp
