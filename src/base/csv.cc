#include "base/csv.h"

namespace mtnlp {

std::string csv_quoted(const std::string& field) {
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

std::string csv_field(const std::string& field, char delimiter) {
  const bool plain =
      field.find_first_of("\"\r\n") == std::string::npos && field.find(delimiter) == std::string::npos;
  return plain ? field : csv_quoted(field);
}

}  // namespace mtnlp
