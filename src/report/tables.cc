#include "report/tables.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/numbers.h"
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

std::string comparison_text(const std::vector<std::string>& tasks, const std::vector<Comparison>& comparisons,
                            std::optional<double> margin) {
  const auto with_sign = [](double value) { return (value < 0 ? "" : "+") + fixed_text(value, 4); };
  std::vector<std::vector<std::string>> table = {{"figure", "A", "B", "B - A", "95% interval"}};
  std::string sentences;
  for (size_t t = 0; t < tasks.size(); ++t) {
    for (const auto& [figure, a, b, difference] : comparisons[t].figures)
      if (*figure.title != '\0')
        table.push_back({task_cell(tasks[t]) + " " + figure.title, fixed_text(a, 4), fixed_text(b, 4),
                         with_sign(b - a),
                         "(" + with_sign(difference[0]) + " to " + with_sign(difference[1]) + ")"});
    sentences += str(task_cell(tasks[t]), ": ", sentence(comparisons[t], margin), "\n");
  }
  return align_table(table) + "\n" + sentences;
}

}  // namespace mtnlp
