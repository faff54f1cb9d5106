#include "data/source_columns.h"

#include <algorithm>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

void require_utf8(const RowReader& reader, const std::string& column) {
  if (!is_valid_utf8(column))
    fail_input(reader.name(), ":1: the column name ", shown(column), " is not UTF-8");
}

/// Returns the columns of the labels of `task`: the chosen ones, else "label", else the task's own name.
std::vector<std::string> label_columns(const RowReader& reader, const DatasetOptions& options,
                                       const std::string& task, bool only_task) {
  const auto has = [&](const std::string& column) {
    return std::ranges::find(reader.columns(), column) != reader.columns().end();
  };
  if (const auto chosen = options.label_columns.find(task); chosen != options.label_columns.end())
    return chosen->second;
  return {only_task && (has("label") || !has(task)) ? "label" : task};
}

bool is_read(const Source& source, const std::string& column) {
  return std::ranges::any_of(source.label_columns, [&](const std::vector<std::string>& columns) {
    return std::ranges::find(columns, column) != columns.end();
  });
}

}  // namespace

SourceColumns find_columns(RowReader& reader, const DatasetOptions& options, const std::vector<Task>& tasks,
                           Source& source) {
  SourceColumns columns{RowText(reader, options.reading.text), {}, std::nullopt};
  for (const std::string& column : reader.columns()) require_utf8(reader, column);
  for (const size_t task : source.tasks) {
    const std::string& name = tasks[task].name;
    const std::vector<std::string> own = label_columns(reader, options, name, source.tasks.size() == 1);
    std::vector<size_t>& places = columns.labels.emplace_back();
    for (const std::string& column : own) {
      places.push_back(require_column(reader, column));
      require_utf8(reader, column);
      if (is_read(source, column))
        fail_input(source.file, ": two tasks read the column \"", column, "\"; give task \"", name,
                   "\" another one with ", field("label_column"), " ", name, "=COLUMN");
    }
    source.label_columns.push_back(own);
  }
  const std::string& group = options.reading.group_column;
  const auto& names = reader.columns();
  if (!group.empty() && (!source.part || std::ranges::find(names, group) != names.end()))
    columns.group = require_column(reader, group);
  return columns;
}

}  // namespace mtnlp
