// Rows written again with columns added: what predict does to its input.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "data/row_reader.h"

namespace mtnlp {

/// Returns the format to write: `asked`, or for kAuto the one that the ending of the file `out` names, or
/// else the one of the input, where plain lines become CSV and an array on standard output ("-") JSON lines.
RowFormat output_format(RowFormat asked, const std::string& out, RowFormat input);

struct AddedColumn {
  std::string name;
  bool number = false;         ///< its values are JSON, numbers or lists, and written to it as they are
  bool empty_is_null = false;  ///< an empty value is null in JSON
};

struct RowWriterOptions {
  RowFormat format = RowFormat::kCsv;   ///< kCsv, kTsv, kJsonl or kJson
  std::vector<AddedColumn> added = {};  ///< behind the columns of the input
  std::vector<std::string> keep = {};   ///< the input's columns that are written, in this order; empty: all
  /// Keys that are columns of CSV and TSV though the first JSON object may lack them.
  std::vector<std::string> also_known = {};
  /// CSV and TSV: a cell that begins with = + - @, a tab or a carriage return, which a spreadsheet program may take for a
  /// formula, gets an apostrophe before it, unless it is a number that was added.
  bool spreadsheet = false;
};

/// Writes CSV and TSV with the input's delimiter, header and byte order mark. Of JSON objects that are
/// written as JSON every member stays as it stands in the file; from one format to another a value is its
/// JSON text, a string itself, and a cell a string.
class RowWriter {
 public:
  /// Writes nothing yet. Throws Error when a column to keep does not exist, when two columns
  /// to write have one name, or one none that JSON needs.
  RowWriter(std::ostream& out, RowReader& reader, const RowWriterOptions& options);

  /// Throws RowError `FILE:LINE: what` for an object with a key that is to be added, or with one that the
  /// columns of CSV or TSV lack. Thread-safe.
  void check(const Row& row) const;
  /// Writes a row that passed `check`; `values` are those of the added columns.
  void write(const Row& row, const std::vector<std::string>& values);
  /// Writes a row that did not, or was read in part or not at all: what fits of it, without values. What it
  /// has itself under an added name stays.
  void write_without_values(const Row& row);
  /// Writes what stands behind the rows, or in their place.
  void finish();
  /// Returns what the format could not carry, counted, one line each.
  std::vector<std::string> warnings() const;

 private:
  void begin();
  void choose_columns(RowReader& reader);
  void check_names() const;
  bool is_added(const std::string& name) const;
  static std::string clash(const std::string& name);
  void write(const Row& row, const std::vector<std::string>* values);
  std::string json_object(const Row& row, const std::vector<std::string>* values);
  std::vector<std::string> cells(const Row& row) const;
  std::vector<std::string> own_values(const Row& row) const;
  void defuse(std::string& field) const;
  std::string table_line(const std::vector<std::string>& fields);
  std::string json_text(const std::string& text);

  std::ostream& out_;
  const RowReader& reader_;
  const RowWriterOptions options_;
  const bool from_json_, to_json_;
  char delimiter_;
  std::vector<std::string> columns_;  ///< of the input, that are written; none where JSON keeps all its keys
  std::vector<size_t> places_;        ///< parallel to `columns_`, in Row::fields; none for JSON
  std::map<std::string, size_t, std::less<>> index_;  ///< into `columns_`
  uint64_t rows_ = 0, spaces_ = 0, repaired_ = 0;
};

}  // namespace mtnlp
