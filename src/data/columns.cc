// Which columns of a file are meant, and what to say when they are not there.
#include <algorithm>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/words.h"
#include "data/format_look.h"
#include "data/row_reader.h"
#include "data/row_readers.h"
#include "text/fold_text.h"
#include "text/segments.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr size_t kMostNamed = 10, kLongestShownName = 40;

std::string shown_name(const std::string& name) {
  return shortened(printable(name), kLongestShownName);
}

}  // namespace

std::string list_of_columns(const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(columns.size(), kMostNamed); ++i) names.push_back(shown_name(columns[i]));
  return join(names) +
         (columns.size() > kMostNamed ? str(" and ", columns.size() - kMostNamed, " more") : "");
}

namespace {

/// Returns `name` without case, quotes, characters that nobody sees, and white space at its ends.
std::string plain_name(std::string_view name) {
  std::string seen;
  for (size_t at = 0; at < name.size();) {
    const size_t begin = at;
    const char32_t c = decode_utf8(name, at);
    const std::string_view bytes = name.substr(begin, at - begin);
    if (c != '"' && (is_white_space(c) || printable(bytes) == bytes)) seen += bytes;
  }
  return fold_text(seen);
}

/// Returns the delimiter by which the header would have the column; '\0' if none.
char delimiter_by_header(const RowReader& reader, const std::string& column) {
  const std::string header = join(reader.columns(), std::string(1, reader.delimiter()));
  const std::string wanted = plain_name(column);
  char best = '\0';
  size_t most = 0;
  for (const char delimiter : kDelimiters) {
    if (delimiter == reader.delimiter()) continue;
    const std::vector<std::string> names = split_text(header, delimiter);
    if (names.size() < 2) continue;
    const bool has =
        std::ranges::any_of(names, [&](const std::string& n) { return plain_name(n) == wanted; });
    if (has) return delimiter;
    if (reader.columns().size() == 1 && names.size() > most) best = delimiter, most = names.size();
  }
  return best;
}

/// Returns what the header looks like, and the option that goes on from there; "" when nothing is to be said.
std::string hint(const RowReader& reader, const std::string& column) {
  const std::vector<std::string>& columns = reader.columns();
  if (reader.format() == RowFormat::kLines)
    return str("; it is read as plain lines, ", field("format"),
               " csv (or tsv, jsonl) reads it as what it is");
  if (columns[0].starts_with('{')) return "; it looks like JSON: " + field("format") + " jsonl";
  if (columns[0].starts_with('[')) return "; it looks like JSON: " + field("format") + " json";
  const bool tsv = reader.format() == RowFormat::kTsv;
  const bool quoted = std::ranges::any_of(columns, [](const std::string& name) {
    return name.size() > 1 && name.starts_with('"') && name.ends_with('"');
  });
  if (tsv && quoted && reader.delimiter() == '\t')
    return str("; the header is in quotes, which mean nothing in TSV: ", field("format"), " csv ",
               field("delimiter"), " tab");
  const std::string wanted = plain_name(column);
  for (const std::string& name : columns)
    if (plain_name(name) == wanted) return str(" (did you mean \"", shown_name(name), "\"?)");
  if (const char delimiter = delimiter_by_header(reader, column); delimiter != '\0') {
    const std::string name = delimiter_name(delimiter);
    return str("; found ", delimiter == '\t' ? "tabs" : str("'", name, "'"),
               " between columns: ", field("delimiter"), " ", delimiter == '\t' ? name : str("'", name, "'"));
  }
  if (std::string near = did_you_mean(column, columns); !near.empty() && near.size() < 2 * kLongestShownName)
    return printable(near);
  return reader.has_header()
             ? str("; if the file has no header: ", field("no_header"), " ", field("text_column"), " N ",
                   field("label_column"), " NAME=N")
             : str("; ", field("text_column"), " and ", field("label_column"), " NAME= take these numbers");
}

std::string hint_of_key(const RowReader& reader, const std::string& key) {
  const std::string wanted = plain_name(key);
  for (const std::string& name : reader.columns())
    if (plain_name(name) == wanted && name != key) return str(" (did you mean \"", shown_name(name), "\"?)");
  return "; " + field("text_column") + " names another";
}

}  // namespace

char parse_delimiter(const std::string& name) {
  constexpr std::pair<const char*, char> kNames[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'},
                                                     {"\\t", '\t'},  {"pipe", '|'},      {"space", ' '}};
  for (const auto& [known, delimiter] : kNames)
    if (name == known) return delimiter;
  const auto byte = static_cast<unsigned char>(name.empty() ? 0 : name[0]);
  const bool printing = byte >= 0x20 && byte < 0x7f;
  const bool in_words =
      (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  if (name.size() == 1 && (byte == '\t' || (printing && !in_words && byte != '"'))) return name[0];
  fail_input(
      "the delimiter \"", name,
      "\" is not one character between fields, such as ; or one of comma, semicolon, tab, pipe, space");
}

std::string delimiter_name(char delimiter) {
  return delimiter == '\t' ? "tab" : delimiter == ' ' ? "space" : std::string(1, delimiter);
}

size_t require_column(RowReader& reader, const std::string& column) {
  if (const auto found = reader.find(column)) return *found;
  if (reader.columns().empty())
    fail_input(reader.name(), ": is empty; a column \"", shown_name(column), "\" is needed");
  fail_input(reader.name(), ": no column \"", shown_name(column),
             "\"; the columns are: ", list_of_columns(reader.columns()), hint(reader, column));
}

RowText::RowText(RowReader& reader, const TextColumns& columns)
    : reader_(reader), columns_(columns), names_(columns.all()) {
  if (std::ranges::find(columns.names, columns.pair) != columns.names.end())
    fail_input(field("pair_column"), " ", shown_name(columns.pair),
               ": is the column of the first text, too; it names that of the second");
  if (reader.format() == RowFormat::kLines) {
    if (names_.size() > 1)
      fail_input(reader.name(), ": is read as plain lines, but ",
                 columns.is_pair() ? "a row is a pair of texts" : "the text is", " in ", names_.size(),
                 " columns: ", list_of_columns(names_), "; ", field("format"),
                 " csv (or tsv, jsonl) reads it with columns");
    places_ = {0};
    return;
  }
  for (const std::string& column : names_) places_.push_back(require_column(reader, column));
}

std::string_view RowText::operator()(const Row& row, std::string& buffer) const {
  for (size_t i = 0; i < places_.size(); ++i) {
    const Cell cell = row.cell(places_[i]);
    if (cell == Cell::kAbsent)
      reader_.fail(row, str("there is no key \"", shown_name(names_[i]), "\"; the first object has: ",
                            list_of_columns(reader_.columns()), hint_of_key(reader_, names_[i])));
    if (cell != Cell::kText)
      reader_.fail(row, str("\"", shown_name(names_[i]), "\" is ", cell_name(cell), ", not a text"));
    if (row.fields[places_[i]].find('\0') != std::string::npos)
      reader_.fail(row, str("\"", shown_name(names_[i]), "\" holds a zero byte, which no text has"));
  }
  if (places_.size() == 1) return row.fields[places_[0]];
  buffer.clear();
  for (size_t i = 0; i < places_.size(); ++i) {
    if (i == columns_.names.size())
      buffer += kSegmentMark;
    else if (i > 0)
      buffer += columns_.join;
    buffer += row.fields[places_[i]];
  }
  return buffer;
}

}  // namespace mtnlp
