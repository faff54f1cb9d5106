// CSV and TSV: a header, then rows of as many fields. Blank lines are not rows.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "data/row_readers.h"

namespace mtnlp {
namespace {

/// The fields of one row in reused strings.
class Fields {
 public:
  explicit Fields(std::vector<std::string>& fields) : fields_(fields) {}
  std::string& add() {
    if (count_ == fields_.size()) fields_.emplace_back();
    return fields_[count_++];
  }
  size_t count() const { return count_; }

 private:
  std::vector<std::string>& fields_;
  size_t count_ = 0;
};

class Separated : public LineReader {
 public:
  Separated(LineInput input, const RowOptions& options)
      : LineReader(std::move(input), options.format), quotes_(options.format == RowFormat::kCsv) {
    options_ = options;
    if (options.delimiter == '\0') options_.delimiter = quotes_ ? ',' : '\t';
    if (!read(first_)) return;
    if (quotes_ && obeys_sep_line(options.delimiter == '\0') && !read(first_)) return;
    for (const std::string& field : first_.fields) refuse_zero_byte(first_, field);
    if (options.header) {
      columns_ = std::move(first_.fields);
      return;
    }
    pending_ = true;
    for (size_t i = 1; i <= first_.fields.size(); ++i) columns_.push_back(std::to_string(i));
  }

  bool next(Row& row) override {
    if (pending_) {
      std::swap(row, first_);
    } else if (!read(row)) {
      return false;
    }
    pending_ = false;
    for (const std::string& field : row.fields) refuse_zero_byte(row, field);
    if (row.fields.size() != columns_.size())
      fail(row, str(row.fields.size(), row.fields.size() == 1 ? " field" : " fields", " found, ",
                    columns_.size(), " expected: ", list_of_columns(columns_)));
    return true;
  }

 private:
  /// Obeys "sep=;" in the first line, which is an order to spreadsheet programs and not a header.
  bool obeys_sep_line(bool may_choose) {
    const std::string& line = first_line_;
    if (line.size() < 4 || line.size() > 5 || !line.starts_with("sep=")) return false;
    if (line.size() == 5 && may_choose) options_.delimiter = line[4];
    return true;
  }

  bool read(Row& row) {
    std::string_view line;
    do {
      if (!input_.next(line)) return false;
    } while (line.empty());
    if (columns_.empty()) first_line_ = line.substr(0, 6);
    row.line = input_.line();
    Fields fields(row.fields);
    const bool quoted = quotes_ && std::memchr(line.data(), '"', line.size()) != nullptr;
    quoted ? split_quoted(line, fields) : split(line, fields);
    row.fields.resize(fields.count());
    return true;
  }

  void split(std::string_view line, Fields& fields) const {
    for (;;) {
      const size_t length = line.find(options_.delimiter);
      fields.add() = line.substr(0, length);
      if (length == std::string_view::npos) return;
      line.remove_prefix(length + 1);
    }
  }

  /// Splits a line of CSV. A quote opens a field only as its first byte; elsewhere it is an ordinary byte.
  void split_quoted(std::string_view line, Fields& fields) {
    for (;;) {
      std::string& field = fields.add();
      if (line.starts_with('"')) {
        read_quoted(line, field);
        if (columns_.empty() && !line.empty() && line[0] != options_.delimiter &&
            std::string_view(",;\t|").find(line[0]) != std::string_view::npos)
          fail_input(name(), ": found ", line[0] == '\t' ? "tabs" : str("'", line[0], "'"),
                     " between columns: ", mtnlp::field("delimiter"), " ",
                     line[0] == '\t' ? "tab" : str("'", line[0], "'"));
        if (!line.empty() && line[0] != options_.delimiter)
          fail(input_.line(),
               str("\"", printable(line.substr(0, 1)),
                   "\" after a closing quote; a quote inside a quoted field is written twice"));
      } else {
        field = line.substr(0, line.find(options_.delimiter));
        line.remove_prefix(field.size());
      }
      if (line.empty()) return;
      line.remove_prefix(1);
    }
  }

  /// Reads the field whose quote `line` starts with, and leaves `line` behind the closing one, maybe lines
  /// later. Without a closing quote the row is refused, and what the quote swallowed is read again.
  void read_quoted(std::string_view& line, std::string& field) {
    const size_t opened = input_.line();
    field.clear();
    line.remove_prefix(1);
    for (;;) {
      const size_t length = line.find('"');
      field.append(line.substr(0, length));
      if (length == std::string_view::npos) {
        field.append(input_.ending());
        if (input_.line() == opened) input_.hold();
        if (field.size() <= LineInput::kMaxRow && input_.next(line)) continue;
        input_.go_back();
        fail(opened, "the quote that opens here is never closed");
      }
      line.remove_prefix(length + 1);
      if (!line.starts_with('"')) return input_.release();
      field += '"';
      line.remove_prefix(1);
    }
  }

  bool quotes_;
  std::string first_line_;
  Row first_;             ///< the header, or without one the first row
  bool pending_ = false;  ///< `first_` is still to be given
};

}  // namespace

std::unique_ptr<RowReader> read_separated(LineInput input, const RowOptions& options) {
  return std::make_unique<Separated>(std::move(input), options);
}

}  // namespace mtnlp
