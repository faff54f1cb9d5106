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

std::string slices_text(const std::string& task, const std::vector<Slice>& slices) {
  const auto p_text = [](double p) { return p < 0.0001 ? std::string("< 0.0001") : fixed_text(p, 4); };
  if (slices.empty()) return str(task_cell(task), ": no slice has 5 rows or more beside others\n");
  std::vector<std::vector<std::string>> table = {{task_cell(task) + " by", "rows", slices.front().counted(),
                                                  "95% interval", "of the others", "p, by Holm"}};
  std::string sentences;
  for (const Slice& slice : slices) {
    const std::string name =
        str(shortened(printable(slice.by), 40), ": ", shortened(printable(slice.name), 60));
    table.push_back({name, std::to_string(slice.rows), fixed_text(slice.share(), 4),
                     interval_text(wilson_interval(slice.wrong, slice.rows)),
                     fixed_text(slice.other_share(), 4), p_text(slice.corrected)});
    if (slice.is_worse())
      sentences += str(task_cell(task), ": worse where ", name, ": of ", slice.rows, " rows ",
                       fixed_text(100 * slice.share(), 1), slice.right_or_wrong ? " % are " : " % have an ",
                       slice.counted(), ", of the others ", fixed_text(100 * slice.other_share(), 1), " %\n");
  }
  if (sentences.empty())
    sentences = str(task_cell(task), ": no slice is worse than the other rows beyond noise\n");
  return align_table(table) + sentences;
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
