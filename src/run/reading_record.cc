#include "run/reading_record.h"

#include "base/error.h"
#include "data/row_reader.h"

namespace mtnlp {

OrderedJson reading_json(const Reading& reading) {
  OrderedJson json = {{"text_column", reading.text.names[0]}, {"group_column", reading.group_column}};
  const auto add = [&](const char* key, const auto& value, const auto& usual) {
    if (value != usual) json[key] = value;
  };
  const Reading usual;
  if (reading.text.names.size() > 1) add("text_columns", reading.text.names, usual.text.names);
  add("text_join", reading.text.join, usual.text.join);
  add("pair_column", reading.text.pair, usual.text.pair);
  add("format", row_format_names()[static_cast<size_t>(reading.rows.format)], row_format_names()[0]);
  add("delimiter", std::string(reading.rows.delimiter != '\0', reading.rows.delimiter), std::string());
  add("header", reading.rows.header, true);
  add("missing_labels", reading.missing_labels, usual.missing_labels);
  add("keep_going", reading.keep_going, false);
  add("label_separator", reading.label_separator, usual.label_separator);
  add("empty_is_none", reading.empty_is_none, false);
  return json;
}

Reading read_reading(const Json& json, const fs::path& file) {
  using Names = std::vector<std::string>;
  Reading reading;
  reading.text.names = {json_require<std::string>(json, "text_column", file)};
  reading.text.names = json_get<Names>(json, "text_columns", reading.text.names, file);
  if (reading.text.names.empty()) fail_input(file.string(), ": \"text_columns\" is empty");
  reading.text.join = json_get<std::string>(json, "text_join", reading.text.join, file);
  reading.text.pair = json_get<std::string>(json, "pair_column", "", file);
  reading.rows.format = parse_row_format(json_get<std::string>(json, "format", row_format_names()[0], file));
  if (const auto delimiter = json_get<std::string>(json, "delimiter", "", file); !delimiter.empty())
    reading.rows.delimiter = parse_delimiter(delimiter);
  reading.rows.header = json_get<bool>(json, "header", true, file);
  reading.group_column = json_get<std::string>(json, "group_column", "", file);
  reading.missing_labels = json_get<Names>(json, "missing_labels", {}, file);
  reading.keep_going = json_get<bool>(json, "keep_going", false, file);
  reading.label_separator = json_get<std::string>(json, "label_separator", reading.label_separator, file);
  if (reading.label_separator.empty()) fail_input(file.string(), ": \"label_separator\" is empty");
  reading.empty_is_none = json_get<bool>(json, "empty_is_none", false, file);
  return reading;
}

}  // namespace mtnlp
