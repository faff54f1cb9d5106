#include "run/metrics_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/numbers.h"
#include "data/row_reader.h"
#include "tasks/task_kind.h"

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

namespace {

/// Says whether `column` holds what a task's epochs are compared by.
bool is_score(const std::string& column) {
  for (const TaskKind* kind : task_kinds())
    for (const Figure& figure : kind->figures())
      if (figure.chooses && column.ends_with(str(".val_", figure.key))) return true;
  return false;
}

}  // namespace

std::optional<double> MetricsTable::score_at(uint64_t step) const {
  const auto step_column = static_cast<size_t>(std::ranges::find(columns_, "step") - columns_.begin());
  if (step_column == columns_.size()) return std::nullopt;
  for (const auto& row : rows_) {
    if (row[step_column] != std::to_string(step)) continue;
    double sum = 0;
    size_t tasks = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!is_score(columns_[i]) || row[i] == "nan") continue;
      const auto score = parse_number<double>(row[i]);
      if (!score) return std::nullopt;
      sum += *score;
      ++tasks;
    }
    return tasks == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(tasks);
  }
  return std::nullopt;
}

}  // namespace mtnlp
