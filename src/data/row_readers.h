// The readers behind open_rows, one for each kind of format.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/line_input.h"
#include "data/row_reader.h"

namespace mtnlp {

class LineReader : public RowReader {
 public:
  LineReader(LineInput input, RowFormat format) : input_(std::move(input)), format_(format) {
    mark_ = input_.marks() > 0;
  }
  const std::vector<std::string>& columns() const override { return columns_; }
  std::optional<size_t> find(const std::string& column) override;
  RowFormat format() const override { return format_; }
  const std::string& name() const override { return input_.name(); }

 protected:
  /// Throws RowError where `line`, a part of `row`, holds a zero byte.
  void refuse_zero_byte(const Row& row, std::string_view line) const;

  LineInput input_;
  std::vector<std::string> columns_;

 private:
  RowFormat format_;
};

/// Returns the names of the first columns and how many more there are, for messages.
std::string list_of_columns(const std::vector<std::string>& columns);

std::unique_ptr<RowReader> read_plain_lines(LineInput input);
/// Opens CSV and TSV.
std::unique_ptr<RowReader> read_separated(LineInput input, const RowOptions& options);
/// Opens one object a line, or one array of objects.
std::unique_ptr<RowReader> read_json_lines(LineInput input);
std::unique_ptr<RowReader> read_json_array(LineInput input);

}  // namespace mtnlp
