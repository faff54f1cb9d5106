// What all readers of rows share, and how open_rows chooses among them: compression by its magic bytes, then
// the format that was asked for, else that of the name, else plain lines; JSON's two forms by the first byte.
#include "data/row_reader.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/field.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/words.h"
#include "data/file_kind.h"
#include "data/format_look.h"
#include "data/row_readers.h"

namespace mtnlp {
namespace {

std::string lower_name(const std::string& file) {
  std::string name = fs::path(file).filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view ending : compressed_endings())
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  return name;
}

/// Says whether plain lines are what one expects behind this name.
bool names_plain_lines(const std::string& file) {
  const std::string ending = fs::path(lower_name(file)).extension().string();
  return ending.empty() || ending == ".txt" || ending == ".text" || ending == ".lines" || ending == ".log";
}

/// Tells arrays from lines of JSON; `named` is what the ending says: a line of JSON Lines may be a list,
/// though it is not a row.
RowFormat json_format(LineInput& input, RowFormat named) {
  input.look_ahead();
  const size_t start = std::min(input.ahead().find_first_not_of(kJsonSpace), input.ahead().size());
  const bool list = input.ahead().substr(start).starts_with('[');
  const bool array = named == RowFormat::kJson ? list : json_by_look(input.ahead()) == RowFormat::kJson;
  return array ? RowFormat::kJson : RowFormat::kJsonl;
}

class PlainLines : public LineReader {
 public:
  explicit PlainLines(LineInput input) : LineReader(std::move(input), RowFormat::kLines) {
    columns_ = {"text"};
  }

  bool next(Row& row) override {
    std::string_view line;
    if (!input_.next(line)) return false;
    row.fields.resize(1);
    row.fields[0] = line;
    row.line = input_.line();
    refuse_zero_byte(row, line);
    return true;
  }
};

}  // namespace

std::optional<size_t> LineReader::find(const std::string& column) {
  const auto found = std::ranges::find(columns_, column);
  if (found == columns_.end()) return std::nullopt;
  if (std::find(std::next(found), columns_.end(), column) != columns_.end())
    fail_input(name(), ": the column \"", column, "\" occurs twice");
  return static_cast<size_t>(found - columns_.begin());
}

void LineReader::refuse_zero_byte(const Row& row, std::string_view line) const {
  if (std::memchr(line.data(), '\0', line.size()) != nullptr)
    fail(row, "the row holds a zero byte, which no text has");
}

std::unique_ptr<RowReader> read_plain_lines(LineInput input) {
  return std::make_unique<PlainLines>(std::move(input));
}

void RowReader::fail(size_t line, const std::string& what) const {
  throw RowError(str(name(), ":", line, ": ", what));
}

void RowReader::fail(const Row& row, const std::string& what) const {
  throw RowError(str(name(), ":", row.place(), ": ", what));
}

const std::vector<std::string>& row_format_names() {
  static const std::vector<std::string> names = {"auto", "lines", "csv", "tsv", "jsonl", "json"};
  return names;
}

RowFormat parse_row_format(const std::string& name) {
  return parse_name<RowFormat>("format", name, row_format_names());
}

RowFormat format_of_name(const std::string& file) {
  constexpr std::pair<std::string_view, RowFormat> kEndings[] = {
      {".csv", RowFormat::kCsv},     {".tsv", RowFormat::kTsv},      {".tab", RowFormat::kTsv},
      {".jsonl", RowFormat::kJsonl}, {".ndjson", RowFormat::kJsonl}, {".json", RowFormat::kJson}};
  const std::string name = lower_name(file);
  for (const auto& [ending, format] : kEndings)
    if (name.ends_with(ending)) return format;
  return RowFormat::kAuto;
}

std::unique_ptr<RowReader> open_rows(const std::string& file, const RowOptions& options) {
  const std::string name = file == "-" ? "standard input" : file;
  RowOptions known = options;
  LineInput input(open_bytes(file), name);
  require_text(input.ahead(), name);
  std::vector<std::string> warnings;
  std::string start;
  if (input.marks() > 1)
    warnings.push_back(str(name, ": begins with ", input.marks(), " byte order marks; all are skipped"));
  if (options.format == RowFormat::kAuto) {
    known.format = file == "-" ? RowFormat::kAuto : format_of_name(file);
    if (known.format == RowFormat::kJsonl || known.format == RowFormat::kJson)
      known.format = json_format(input, known.format);
    if (known.format == RowFormat::kAuto && (options.delimiter != '\0' || !options.header))
      known.format = options.delimiter == '\t' ? RowFormat::kTsv : RowFormat::kCsv;  // only these have either
  }
  if (known.format == RowFormat::kAuto) {
    known.format = RowFormat::kLines;
    if (const std::string look = format_by_look(input.ahead()); !look.empty())
      warnings.push_back(
          str(name, ": is read as plain lines, but looks like ", look, ": ", field("format"), " ", look));
    else if (file != "-" && !names_plain_lines(file))
      warnings.push_back(str(name, ": is read as plain lines, since its ending is unknown; ", field("format"),
                             " names another"));
    else
      start = input.ahead().substr(0, 4096);
  }
  const bool separated = known.format == RowFormat::kCsv || known.format == RowFormat::kTsv;
  if (!separated && (options.delimiter != '\0' || !options.header))
    fail_input(name, ": is read as ", row_format_names()[static_cast<size_t>(known.format)], ", but ",
               field(options.header ? "delimiter" : "no_header"), " is for CSV and TSV");
  std::unique_ptr<RowReader> reader = known.format == RowFormat::kJson    ? read_json_array(std::move(input))
                                      : known.format == RowFormat::kJsonl ? read_json_lines(std::move(input))
                                      : separated ? read_separated(std::move(input), known)
                                                  : read_plain_lines(std::move(input));
  reader->warnings_ = std::move(warnings);
  reader->start_ = std::move(start);
  log_debug(str(name, ": read as ", row_format_names()[static_cast<size_t>(known.format)], ", columns ",
                few_of(reader->columns())));
  return reader;
}

}  // namespace mtnlp
