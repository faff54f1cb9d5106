#include "mtnlp/run/metrics_table.h"

#include <utility>

#include "mtnlp/base/error.h"
#include "mtnlp/data/row_reader.h"

namespace mtnlp {

void MetricsTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size())
    fail_system("a row of metrics has ", cells.size(), " cells for ", columns_.size(), " columns");
  rows_.push_back(std::move(cells));
}

void MetricsTable::write(const fs::path& file) const {
  std::string text = csv_line(columns_);
  for (const auto& row : rows_) text += csv_line(row);
  write_file_atomic(file, text);
}

MetricsTable MetricsTable::read(const fs::path& file) {
  const auto reader = open_rows(file.string(), {.format = RowFormat::kCsv});
  if (reader->columns().empty()) fail_input(file.string(), ": is empty; a table of metrics is expected");
  MetricsTable table(reader->columns());
  for (Row row; reader->next(row);) table.rows_.push_back(row.fields);
  return table;
}

}  // namespace mtnlp
