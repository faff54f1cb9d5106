#include "mtnlp/base/json.h"

namespace mtnlp {

std::string in_quotes(std::string_view text) {
  return Json(text.substr(0, 100)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json read_json(const fs::path& file) {
  const std::string text = read_file(file);
  try {
    Json json = Json::parse(text);
    if (!json.is_object()) fail_input(file.string(), ": holds no JSON object");
    return json;
  } catch (const Json::exception& error) {
    // The reason quotes the text, however long.
    fail_input(file.string(), ": is no valid JSON: ", std::string(error.what()).substr(0, 200));
  }
}

}  // namespace mtnlp
