#include "report/tables.h"

#include <algorithm>
#include <iterator>

#include "base/printable.h"

namespace mtnlp {
std::string align_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], printed_width(printable(row[i])));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string cell = printable(row[i]), padding(widths[i] - printed_width(cell), ' ');
      line += (i == 0 ? "  " : "   ") + (i == 0 ? cell + padding : padding + cell);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string metrics_table(const std::vector<Task>& tasks, const AllMetrics& metrics,
                          const std::string& title) {
  std::vector<ResultTable> all;  // those with one header are one
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (metrics[t]->rows() == 0) continue;
    for (ResultTable& table : metrics[t]->tables(tasks[t].name)) {
      const auto known = std::ranges::find(all, table.header, &ResultTable::header);
      if (known == all.end()) {
        all.push_back(std::move(table));
      } else {
        std::ranges::move(table.rows, std::back_inserter(known->rows));
        known->below += table.below;
      }
    }
  }
  if (all.empty()) return printable(title) + ": no rows\n";
  std::string text = printable(title) + "\n";
  for (ResultTable& table : all) {
    table.rows.insert(table.rows.begin(), table.header);
    text += (&table == &all.front() ? "" : "\n") + align_table(table.rows) + table.below;
  }
  return text;
}

}  // namespace mtnlp
