#include "tasks/task_metrics.h"

#include <cmath>
#include <limits>

#include "base/numbers.h"
#include "tasks/task.h"

namespace mtnlp {

Summary summarize(const RowFigures& figures, size_t rows) {
  const std::vector<uint32_t> once(rows, 1);
  Summary summary{figures.figures(), figures.values(once), {}};
  summary.intervals = bootstrap_intervals(
      rows, summary.values, [&](std::span<const uint32_t> counts) { return figures.values(counts); });
  return summary;
}

void Summary::write(OrderedJson& json) const {
  for (size_t i = 0; i < figures.size(); ++i) {
    if (std::isnan(values[i])) continue;
    json[figures[i].key] = values[i];
    if (!std::isnan(intervals[i][0])) json[std::string(figures[i].key) + "_ci95"] = intervals[i];
  }
}

ResultTable summary_table(const std::string& task, uint64_t rows, const Summary& summary) {
  ResultTable table{{"figure", "value", "95% interval", "rows"}, {}};
  for (size_t i = 0; i < summary.figures.size(); ++i) {
    const std::string title = summary.figures[i].title;
    if (title.empty() || std::isnan(summary.values[i])) continue;
    table.rows.push_back({task_cell(task) + " " + title, fixed_text(summary.values[i], 4),
                          std::isnan(summary.intervals[i][0]) ? "-" : interval_text(summary.intervals[i]),
                          std::to_string(rows)});
  }
  return table;
}

double TaskMetrics::loss() const {
  return rows_ == 0 ? std::numeric_limits<double>::quiet_NaN() : loss_sum_ / static_cast<double>(rows_);
}

}  // namespace mtnlp
