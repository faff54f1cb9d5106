#include "run/metrics_table.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "data/row_reader.h"

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
  if (reader->columns()[0] != "epoch")
    fail_input(file.string(),
               ": is not a table of a run's metrics: its first line is not the header epoch,step,...");
  MetricsTable table(reader->columns());
  for (Row row; reader->next(row);) table.rows_.push_back(row.fields);
  return table;
}

std::optional<size_t> MetricsTable::row_at(uint64_t step) const {
  const auto column = static_cast<size_t>(std::ranges::find(columns_, "step") - columns_.begin());
  for (size_t row = 0; column < columns_.size() && row < rows_.size(); ++row)
    if (rows_[row][column] == std::to_string(step)) return row;
  return std::nullopt;
}

}  // namespace mtnlp
