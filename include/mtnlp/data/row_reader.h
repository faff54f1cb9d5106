// Rows of a text file, one at a time: CSV, TSV, JSONL or plain lines, each also as .gz, or from a pipe.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "mtnlp/base/files.h"

namespace mtnlp {

enum class RowFormat {
  kAuto,   ///< by the file name: .csv .tsv .jsonl, anything else is lines; .gz is taken off first
  kLines,  ///< one text a line, one column "text"
  kCsv,    ///< RFC 4180 with a header: quotes, doubled quotes, newlines in quotes; BOM and CRLF accepted
  kTsv,    ///< tab-separated with a header; quotes mean nothing; a tab or newline cannot be part of a field
  kJsonl,  ///< one object a line without a key twice; the columns are the keys of the first object
};

/// "lines", "csv", "tsv", "jsonl", "auto"; throws Error for anything else.
RowFormat parse_row_format(const std::string& name);

struct Row {
  std::vector<std::string> fields;  ///< parallel to RowReader::columns(); an absent JSON key gives ""
  size_t line = 0;                  ///< where the row starts in the file, from 1
  std::string raw;  ///< JSONL only: the line as it was read, so that a sink can extend the object
};

/// A pull reader in constant memory.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// In file order; known once the reader exists. Empty file: none.
  virtual const std::vector<std::string>& columns() const = 0;
  /// The next row into `row` (its storage is reused), false at the end. Throws Error `FILE:LINE: what` on a
  /// ragged row, an unterminated quote, a line that is no JSON object or names a key twice, corrupt gzip.
  /// Called again after an Error it goes on with the next line, and is at the end where none is to be had.
  virtual bool next(Row& row) = 0;
  /// What the file really holds (never kAuto).
  virtual RowFormat format() const = 0;
  /// As given, for messages; "standard input" for "-".
  virtual const std::string& name() const = 0;
};

/// Opens `file` ("-" is standard input, whose format kAuto means lines). Throws Error (exit 2) when it is
/// missing, a folder, or its header is broken (duplicate column, unterminated quote). gzip is recognised by
/// its magic bytes.
std::unique_ptr<RowReader> open_rows(const std::string& file, RowFormat format = RowFormat::kAuto);

/// Index of `column`; throws Error naming the file and the columns there are, with the nearest one suggested.
size_t require_column(const RowReader& reader, const std::string& column);

/// One field quoted for CSV when it needs to be.
std::string csv_field(const std::string& field);
/// A whole CSV line with its newline.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace mtnlp
