#include "base/csv.h"

#include <algorithm>

#include "base/error.h"
#include "data/byte_stream.h"
#include "data/file_kind.h"
#include "data/row_reader.h"

namespace mtnlp {

std::vector<std::string> csv_fields(std::string_view line, const std::string& name) {
  std::vector<std::string> fields;
  for (bool more = true; more;) {
    std::string& field = fields.emplace_back();
    if (line.starts_with('"')) {
      do {  // each pass ends at a quote: the closing one, or one of a doubled pair
        line.remove_prefix(1);
        const size_t length = line.find('"');
        if (length == std::string_view::npos) fail_input(name, ": the quote of a field is never closed");
        field += line.substr(0, length);
        line.remove_prefix(length + 1);
        if (line.starts_with('"')) field += '"';
      } while (line.starts_with('"'));
      if (!line.empty() && line[0] != ',')
        fail_input(name, ": \"", line[0],
                   "\" after a closing quote; a quote inside a quoted field is written twice");
    } else {
      field = line.substr(0, line.find(','));
      line.remove_prefix(field.size());
    }
    more = !line.empty();
    if (more) line.remove_prefix(1);
  }
  return fields;
}

std::string csv_line(const std::vector<std::string>& fields, char delimiter) {
  // Without the quotes the line would be blank, and readers skip blank lines.
  if (fields.size() == 1 && fields[0].empty()) return "\"\"\n";
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += delimiter;
    line += starts_like_another_file(fields[i]) ? csv_quoted(fields[i]) : csv_field(fields[i], delimiter);
  }
  return line += '\n';
}

}  // namespace mtnlp
