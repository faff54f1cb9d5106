#include <algorithm>

#include "byte_stream.h"
#include "file_kind.h"
#include "mtnlp/data/row_reader.h"

namespace mtnlp {

std::string csv_field(const std::string& field, char delimiter) {
  if (field.find_first_of("\"\r\n") == std::string::npos && field.find(delimiter) == std::string::npos &&
      !starts_like_another_file(field))
    return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

std::string csv_line(const std::vector<std::string>& fields, char delimiter) {
  // Without the quotes the line would be blank, and readers skip blank lines.
  if (fields.size() == 1 && fields[0].empty()) return "\"\"\n";
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += delimiter;
    line += csv_field(fields[i], delimiter);
  }
  return line += '\n';
}

}  // namespace mtnlp
