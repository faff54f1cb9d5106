// JSON: one bounded parser for every reader, and files with errors that name the file and the key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

namespace mtnlp {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

/// Returns a text for a message: in quotes, short and on one line.
std::string in_quotes(std::string_view text);

struct JsonOptions {
  size_t max_depth = 100;  ///< most levels of lists and objects inside one another
};

/// Why a text is not JSON, and where.
struct JsonError {
  std::string what;  ///< words that follow "is not valid JSON: "
  size_t offset;     ///< byte at fault, from 0; the length of a text that ends too early
};

/// Parses one JSON text (RFC 8259; a byte order mark may come first) in linear time as Json or OrderedJson.
/// Throws JsonError for anything else, for a key that occurs twice in one object, for what nests deeper than
/// the options allow and for a number beyond double. The value is what nlohmann's own parser makes of it.
template <typename J>
J parse_json(std::string_view text, const JsonOptions& options = {});

/// Returns "line 3, column 5: expected ..., found ..."; columns count bytes from 1.
std::string json_problem(const JsonError& error, std::string_view text);

/// The most bytes that a file of settings may have.
inline constexpr size_t kMaxJsonFile = size_t{16} << 20;

/// Parses the file, of `most` bytes at most; throws Error naming it and the place. The top level must be an
/// object.
Json read_json(const fs::path& file, size_t most = kMaxJsonFile);
/// Does the same as read_json for a file whose top level is a list.
Json read_json_array(const fs::path& file, size_t most = kMaxJsonFile);

/// Returns `json` on one line of about `most` bytes, for a message.
std::string json_excerpt(const Json& json, size_t most = 60);

/// Returns `object[key]` as T, or `fallback` when the key is absent or null. Throws Error naming `file` and
/// `key` when the value has another type; no number is rounded or cut to fit.
template <typename T>
T json_get(const Json& object, const std::string& key, const T& fallback, const fs::path& file) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return fallback;
  try {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const bool fits = found->is_number_unsigned()
                            ? std::in_range<T>(found->get<uint64_t>())
                            : found->is_number_integer() && std::in_range<T>(found->get<int64_t>());
      if (fits) return found->get<T>();
    } else {
      return found->get<T>();
    }
  } catch (const Json::exception&) {  // reported below
  }
  fail_input(file.string(), ": \"", key, "\" has the unexpected value ", json_excerpt(*found));
}

/// Does the same as json_get for a key that must be there.
template <typename T>
T json_require(const Json& object, const std::string& key, const fs::path& file) {
  if (!object.contains(key) || object.at(key).is_null())
    fail_input(file.string(), ": \"", key, "\" is missing");
  return json_get<T>(object, key, T{}, file);
}

}  // namespace mtnlp
