// Rows of a text file, one at a time: CSV, TSV, JSON or plain lines, each also compressed, or from a pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "data/text_columns.h"
#include "tasks/cell.h"

namespace mtnlp {

enum class RowFormat {
  kAuto,   ///< by the file name, compression taken off first, and for JSON by the first byte; else kLines
  kLines,  ///< one text a line, one column "text"
  kCsv,    ///< RFC 4180 with a header: quotes, doubled quotes, line ends in quotes
  kTsv,    ///< tab-separated with a header; quotes mean nothing; a tab or line end cannot be part of a field
  kJsonl,  ///< one object a line (.jsonl, .ndjson)
  kJson,   ///< one array of objects, over any number of lines (.json)
};

/// Says whether a format has an object for each row.
inline bool is_json(RowFormat format) {
  return format == RowFormat::kJsonl || format == RowFormat::kJson;
}

/// Returns the names of the formats in the order of the enumerators: "auto", "lines", "csv", "tsv", "jsonl",
/// "json".
const std::vector<std::string>& row_format_names();
/// Returns the format of that name; throws Error for any other.
RowFormat parse_row_format(const std::string& name);
/// Returns the format that the ending of `file` names, compression taken off; kAuto when it names none.
RowFormat format_of_name(const std::string& file);

/// How a file of rows is to be read.
struct RowOptions {
  RowFormat format = RowFormat::kAuto;
  /// Byte between the fields of CSV or TSV. 0: as a first line "sep=;" says, else a comma or a tab.
  char delimiter = '\0';
  bool header = true;  ///< false: the first line of CSV or TSV is a row, and the columns are "1", "2", ...
  bool operator==(const RowOptions&) const = default;
};

/// Returns the byte that `name` stands for: "comma", "semicolon", "tab" or "\t", "pipe", "space", or one
/// ASCII character that is not a letter, digit, quote or line end. Throws Error for anything else.
char parse_delimiter(const std::string& name);
/// Returns the name that parse_delimiter takes for `delimiter`: ";" or "tab".
std::string delimiter_name(char delimiter);

struct Row {
  /// Parallel to RowReader::columns(), and behind these the columns that RowReader::find added. Of JSON an
  /// absent key and null give "", other values their JSON text.
  std::vector<std::string> fields;
  std::vector<Cell> cells;  ///< parallel to `fields` for JSON; empty where every field is text
  size_t line = 0;          ///< where the row starts in the file, from 1
  size_t number = 0;        ///< of an array, which may stand on one line: the number of the row in it, from 1
  std::string raw;        ///< JSON only: the object on one line as it was read, so that a sink can extend it
  bool repaired = false;  ///< JSON only: lone surrogates (\\ud800) became U+FFFD

  Cell cell(size_t column) const { return cells.empty() ? Cell::kText : cells[column]; }
  /// Returns where the row is, for messages: its line, and in an array "LINE: row NUMBER".
  std::string place() const { return number == 0 ? str(line) : str(line, ": row ", number); }
};

/// One row cannot be read; the reader goes on with the next.
class RowError : public Error {
  using Error::Error;
};

/// A pull reader in constant memory. Line ends are LF, CRLF and a lone CR, also mixed; inside quotes they are
/// kept. Byte order marks of UTF-8 at the start are skipped.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// Returns the columns in file order, known once the reader exists; of JSON the keys of the first object.
  /// Empty file: none. A name may be empty or occur twice.
  virtual const std::vector<std::string>& columns() const = 0;
  /// Returns the place of `column` in Row::fields. Each JSON object has its own keys, so that any name is
  /// found there. Empty when the file has no such column; throws Error when it has two.
  virtual std::optional<size_t> find(const std::string& column) = 0;
  /// Reads the next row into `row` (its storage is reused), false at the end. Throws RowError `FILE:LINE:
  /// what` on a ragged row, a zero byte, a quote that is never closed, what is not a JSON object or names a
  /// key twice; called again it goes on with the next row, and is at the end where none is to be had. Behind
  /// the line in which such a quote opens it goes on with the next line. Throws Error when the file itself
  /// breaks off, so that nobody knows how many rows are lost: corrupt gzip, a line without end.
  virtual bool next(Row& row) = 0;
  /// Returns what the file really holds (never kAuto).
  virtual RowFormat format() const = 0;
  /// Returns the name as given, for messages; "standard input" for "-".
  virtual const std::string& name() const = 0;
  /// Throws RowError `FILE:LINE: what`, with the number of the row where it is one of an array.
  [[noreturn]] void fail(size_t line, const std::string& what) const;
  [[noreturn]] void fail(const Row& row, const std::string& what) const;

  bool has_header() const { return options_.header; }
  char delimiter() const { return options_.delimiter; }  ///< in use; 0 for other formats than CSV and TSV
  bool byte_order_mark() const { return mark_; }         ///< the file began with one
  /// Returns what is odd about the file but did not hinder the reading, one line each; known once the reader
  /// exists.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// Returns, for plain lines that are such by their name alone, what was known of the file when it was
  /// opened.
  const std::string& start() const { return start_; }

 protected:
  friend std::unique_ptr<RowReader> open_rows(const std::string& file, const RowOptions& options);
  RowOptions options_;
  bool mark_ = false;
  std::vector<std::string> warnings_;
  std::string start_;
};

/// Opens `file`; "-" is standard input, whose format kAuto means lines. Throws Error of kInput when it is
/// missing, a folder, of a kind that is not text (an archive, a spreadsheet, UTF-16: named, with the way
/// out), or its header is broken. Compression is recognised by its magic bytes.
std::unique_ptr<RowReader> open_rows(const std::string& file, const RowOptions& options = {});

/// Returns the place of `column` in Row::fields. Throws Error in a line of bounded length: the file, the
/// columns there are, the nearest one, and what the header looks like (another delimiter, quotes in TSV, no
/// header).
size_t require_column(RowReader& reader, const std::string& column);

/// Returns one line when plain lines begin like CSV or TSV with a header, and says whether that has the
/// columns `wanted`; none where the format was asked for or told by the name.
std::vector<std::string> doubts_about_lines(const RowReader& reader, const TextColumns& wanted);

/// Takes the text out of the rows of one file; of a pair both texts, with kSegmentMark between them.
class RowText {
 public:
  /// Throws Error as require_column, and where the column of the second text is that of the first. Plain lines
  /// are their text, whatever the column is called, but cannot serve where two columns are asked for.
  /// `reader` is borrowed.
  RowText(RowReader& reader, const TextColumns& columns);
  /// Returns the text of `row`, a view of it or of `buffer`. Throws RowError where JSON has no
  /// string in one of the columns, or a text holds a zero byte.
  std::string_view operator()(const Row& row, std::string& buffer) const;

 private:
  const RowReader& reader_;
  const TextColumns columns_;
  std::vector<std::string> names_;  ///< all of them, that of the second text at the end
  std::vector<size_t> places_;      ///< parallel to `names_`
};

/// Returns the fields of a CSV line without its line end. Throws Error, beginning with `name`, for quotes
/// that are none of CSV.
std::vector<std::string> csv_fields(std::string_view line, const std::string& name);
/// Returns a whole CSV line with its line end; no field of it looks like the start of another kind of file.
std::string csv_line(const std::vector<std::string>& fields, char delimiter = ',');

}  // namespace mtnlp
