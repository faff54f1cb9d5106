// Whoever writes has a row checked first, so that no half row is written. JSON that stays JSON is
// extended as text, never parsed and written anew: its numbers and the order of its keys stay as they are.
#include "data/row_writer.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/words.h"
#include "data/byte_stream.h"
#include "data/row_readers.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

char delimiter_to_write(RowFormat format, const RowReader& reader) {
  if (format == reader.format() && reader.delimiter() != '\0') return reader.delimiter();
  return format == RowFormat::kTsv ? '\t' : ',';
}

/// Returns a string itself, of anything else its JSON text.
std::string cell_text(const JsonMember& member) {
  return member.value.starts_with('"') ? json_string_text(member.value) : std::string(member.value);
}

}  // namespace

RowFormat output_format(RowFormat asked, const std::string& out, RowFormat input) {
  const bool standard = out == "-";
  for (const std::string_view ending : compressed_endings())
    if (out.ends_with(ending))
      fail_input(field("out"), " ", out, ": the name says compressed, but outputs are not; leave out ",
                 ending);
  if (asked == RowFormat::kAuto && !standard) asked = format_of_name(out);
  if (asked != RowFormat::kAuto && asked != RowFormat::kLines) return asked;
  if (input == RowFormat::kLines) return RowFormat::kCsv;
  return input == RowFormat::kJson && standard ? RowFormat::kJsonl : input;
}

RowWriter::RowWriter(std::ostream& out, RowReader& reader, const RowWriterOptions& options)
    : out_(out),
      reader_(reader),
      options_(options),
      from_json_(is_json(reader.format())),
      to_json_(is_json(options.format)),
      delimiter_(delimiter_to_write(options.format, reader)) {
  choose_columns(reader);
  check_names();
}

/// Writes what stands before the first row.
void RowWriter::begin() {
  if (options_.format == RowFormat::kJson) out_ << "[\n";
  if (to_json_ || columns_.empty()) return;
  if (reader_.byte_order_mark()) out_ << "\xef\xbb\xbf";
  const bool separated = reader_.format() == RowFormat::kCsv || reader_.format() == RowFormat::kTsv;
  if (separated && !reader_.has_header()) return;
  std::vector<std::string> header = columns_;
  for (const AddedColumn& column : options_.added) header.push_back(column.name);
  for (std::string& name : header) defuse(name);
  out_ << table_line(header);
}

void RowWriter::choose_columns(RowReader& reader) {
  std::vector<std::string> known = reader.columns();
  if (from_json_)
    for (const std::string& name : options_.also_known)
      if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
  for (const std::string& name : options_.keep) {
    if (!from_json_)
      places_.push_back(require_column(reader, name));
    else if (std::find(known.begin(), known.end(), name) == known.end())
      fail_input(reader.name(), ": the first object has no key ", in_quotes(name),
                 " to be kept; its keys are: ", list_of_columns(known), did_you_mean(name, known));
    if (std::count(options_.keep.begin(), options_.keep.end(), name) > 1)
      fail_input(field("keep_columns"), " ", name, " is given twice");
  }
  columns_ = options_.keep;
  if (columns_.empty() && !(from_json_ && to_json_)) columns_ = known;
  if (!from_json_ && places_.empty())
    for (size_t i = 0; i < columns_.size(); ++i) places_.push_back(i);
  for (size_t i = 0; i < columns_.size(); ++i) index_.emplace(columns_[i], i);
}

void RowWriter::check_names() const {
  std::set<std::string> names;
  for (const AddedColumn& column : options_.added) {
    if (index_.contains(column.name)) fail_input(reader_.name(), ": ", clash(column.name));
    if (!names.insert(column.name).second)
      fail_input("two columns named ", in_quotes(column.name), " would be added");
  }
  if (from_json_ || !to_json_) return;
  for (size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].empty() || index_.at(columns_[i]) != i)
      fail_input(reader_.name(), ": ",
                 columns_[i].empty() ? str("column ", places_[i] + 1, " has no name")
                                     : str("the column ", in_quotes(columns_[i]), " occurs twice"),
                 "; as a key of JSON each needs a name of its own: ", field("keep_columns"),
                 " NAME writes only the columns named, ", field("out_format"), " csv or tsv writes all");
}

bool RowWriter::is_added(const std::string& name) const {
  return std::ranges::any_of(options_.added, [&](const AddedColumn& column) { return column.name == name; });
}

std::string RowWriter::clash(const std::string& name) {
  return str("there is a column ", in_quotes(name), " already, which predict would add; ", field("prefix"),
             " pred. puts \"pred.\" before the names of added columns, ", field("keep_columns"),
             " NAME writes only the columns named");
}

void RowWriter::check(const Row& row) const {
  if (!from_json_ || !options_.keep.empty()) return;
  for (const JsonMember& member : json_members(row.raw)) {
    if (is_added(member.key)) reader_.fail(row, clash(member.key));
    if (!to_json_ && !index_.contains(member.key))
      reader_.fail(row, str("the key ", in_quotes(member.key), " has no column; the columns are the keys of ",
                            "the first object: ", list_of_columns(columns_), "; ", field("out_format"),
                            " jsonl writes any keys, ", field("keep_columns"), " NAME only those named"));
  }
}

void RowWriter::write(const Row& row, const std::vector<std::string>& values) {
  write(row, &values);
}

void RowWriter::write_without_values(const Row& row) {
  write(row, nullptr);
}

void RowWriter::write(const Row& row, const std::vector<std::string>* values) {
  if (rows_++ == 0)
    begin();
  else if (options_.format == RowFormat::kJson)
    out_ << ",\n";
  if (to_json_) {
    out_ << json_object(row, values);
    if (options_.format == RowFormat::kJsonl) out_ << '\n';
    return;
  }
  std::vector<std::string> fields = cells(row);
  const std::vector<std::string> added = values == nullptr ? own_values(row) : *values;
  fields.insert(fields.end(), added.begin(), added.end());
  for (size_t i = 0; i < fields.size(); ++i)
    if (values == nullptr || i < columns_.size() || !options_.added[i - columns_.size()].number)
      defuse(fields[i]);
  out_ << table_line(fields);
}

void RowWriter::defuse(std::string& field) const {
  constexpr std::string_view kBegins = "=+-@\t\r";
  if (options_.spreadsheet && !field.empty() && kBegins.find(field[0]) != std::string_view::npos)
    field.insert(0, 1, '\'');
}

void RowWriter::finish() {
  if (rows_ == 0) begin();
  if (options_.format == RowFormat::kJson) out_ << (rows_ == 0 ? "]\n" : "\n]\n");
}

std::string RowWriter::json_object(const Row& row, const std::vector<std::string>* values) {
  std::string object = "{";
  std::set<std::string> own;  // an added name that a row without values has itself
  const auto add = [&](std::string_view member) {
    if (object[object.find_last_not_of(" \t")] != '{') object += ',';
    object += member;
  };
  if (from_json_ && options_.keep.empty() && values != nullptr) {
    object = row.raw.substr(0, row.raw.rfind('}'));
  } else if (from_json_) {
    std::vector<JsonMember> members = json_members(row.raw);
    std::erase_if(members, [&](const JsonMember& member) {
      return !options_.keep.empty() && !index_.contains(member.key);
    });
    if (!options_.keep.empty())
      std::ranges::sort(members, {}, [&](const JsonMember& member) { return index_.at(member.key); });
    for (const JsonMember& member : members) {
      add(member.text);
      own.insert(member.key);
    }
  } else {
    const std::vector<std::string> fields = cells(row);
    for (size_t i = 0; i < fields.size(); ++i) add(json_text(columns_[i]) + ':' + json_text(fields[i]));
  }
  for (size_t i = 0; i < options_.added.size(); ++i) {
    const auto& [name, number, empty_is_null] = options_.added[i];
    if (own.contains(name)) continue;
    const bool null = values == nullptr || (empty_is_null && (*values)[i].empty());
    const std::string value = null     ? "null"
                              : number ? OrderedJson::parse((*values)[i]).dump()
                                       : json_text((*values)[i]);
    add(json_text(name) + ':' + value);
  }
  return object + '}';
}

std::vector<std::string> RowWriter::cells(const Row& row) const {
  std::vector<std::string> cells(columns_.size());
  if (from_json_) {
    for (const JsonMember& member : json_members(row.raw))
      if (const auto found = index_.find(member.key); found != index_.end() && member.value != "null")
        cells[found->second] = cell_text(member);
  } else if (!row.fields.empty()) {
    for (size_t i = 0; i < cells.size(); ++i) cells[i] = row.fields[places_[i]];
  }
  return cells;
}

/// Returns the values that a row of JSON itself has under the names to be added.
std::vector<std::string> RowWriter::own_values(const Row& row) const {
  std::vector<std::string> values(options_.added.size());
  if (!from_json_ || !options_.keep.empty() || row.raw.empty()) return values;
  for (const JsonMember& member : json_members(row.raw))
    for (size_t i = 0; i < values.size(); ++i)
      if (options_.added[i].name == member.key && member.value != "null") values[i] = cell_text(member);
  return values;
}

std::string RowWriter::table_line(const std::vector<std::string>& fields) {
  if (options_.format == RowFormat::kCsv) return csv_line(fields, delimiter_);
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += delimiter_;
    bool replaced = false;
    for (const char c : fields[i]) {
      const bool space = c == delimiter_ || c == '\n' || c == '\r';
      line += space ? ' ' : c;
      replaced |= space;
    }
    spaces_ += replaced;
  }
  return line + '\n';
}

std::string RowWriter::json_text(const std::string& text) {
  repaired_ += !is_valid_utf8(text);
  return json_string(text);
}

std::vector<std::string> RowWriter::warnings() const {
  std::vector<std::string> warnings;
  if (spaces_ > 0)
    warnings.push_back(str("of TSV ", spaces_, spaces_ == 1 ? " cell" : " cells",
                           " had a tab or line end, written as a space; ", field("out_format"),
                           " csv or jsonl keeps them"));
  if (repaired_ > 0)
    warnings.push_back(str(repaired_, repaired_ == 1 ? " cell" : " cells",
                           " with bytes that are not UTF-8 went into JSON with U+FFFD in their place"));
  return warnings;
}

}  // namespace mtnlp
