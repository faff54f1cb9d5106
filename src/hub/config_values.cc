#include "hub/config_values.h"

namespace mtnlp {

int64_t read_size(const Json& json, const char* key, int64_t usual, const fs::path& file, int64_t least,
                  int64_t most) {
  const auto value = json_get<int64_t>(json, key, usual, file);
  if (value < least || value > most)
    fail_input(file.string(), ": \"", key, "\" is ", value, "; valid are ", least, " to ", most);
  return value;
}

double read_rate(const Json& json, const char* key, double usual, const fs::path& file) {
  const auto value = json_get<double>(json, key, usual, file);
  if (!(value >= 0 && value < 1))
    fail_input(file.string(), ": \"", key, "\" is ", value, "; valid are 0 to below 1");
  return value;
}

double read_positive(const Json& json, const char* key, double usual, const fs::path& file) {
  const auto value = json_get<double>(json, key, usual, file);
  if (!(value > 0)) fail_input(file.string(), ": \"", key, "\" is ", value, "; valid are numbers above 0");
  return value;
}

void require_value(const Json& json, const char* key, const std::string& expected, const fs::path& file) {
  const auto value = json_get<std::string>(json, key, expected, file);
  if (value != expected)
    fail_input(file.string(), ": \"", key, "\" is \"", value, "\"; supported: ", expected);
}

}  // namespace mtnlp
