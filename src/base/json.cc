#include "base/json.h"

#include <algorithm>

#include "base/printable.h"

namespace mtnlp {
namespace {

Json read_value(const fs::path& file, size_t most) {
  const std::string text = read_file(file, most);
  try {
    return parse_json<Json>(text);
  } catch (const JsonError& error) {
    fail_input(file.string(), ": is not valid JSON: ", json_problem(error, text));
  }
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return Json(shortened(text, 100)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_problem(const JsonError& error, std::string_view text) {
  const std::string_view before = text.substr(0, error.offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
  return str("line ", line, ", column ", column, ": ", error.what);
}

Json read_json(const fs::path& file, size_t most) {
  Json json = read_value(file, most);
  if (!json.is_object()) fail_input(file.string(), ": is not a JSON object but ", json.type_name());
  return json;
}

Json read_json_array(const fs::path& file, size_t most) {
  Json json = read_value(file, most);
  if (!json.is_array()) fail_input(file.string(), ": is not a JSON array but ", json.type_name());
  return json;
}

std::string json_excerpt(const Json& json, size_t most) {
  return shortened(json.dump(-1, ' ', false, Json::error_handler_t::replace), most);
}

}  // namespace mtnlp
