#include "report/tables.h"

#include <algorithm>

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

std::string task_cell(const std::string& task) {
  return shortened(printable(task), 60);
}

std::string class_name(const std::string& task, const std::string& label) {
  return task_cell(task) + " " + shortened(printable(label), 60);
}

std::string metrics_table(const std::vector<Task>& tasks, const std::vector<TaskMetrics>& metrics,
                          const std::string& title) {
  std::vector<std::vector<std::string>> all = {
      {"task", "rows", "accuracy", "95% interval", "macro-F1", "macro-recall", "loss"}};
  std::vector<std::vector<std::string>> classes = {{"class", "precision", "recall", "F1", "rows"}};
  std::string more;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const TaskMetrics& task = metrics[t];
    if (task.rows() == 0) continue;
    const auto interval = task.accuracy_ci95();
    all.push_back({task_cell(tasks[t].name), std::to_string(task.rows()), fixed_text(task.accuracy(), 4),
                   fixed_text(interval[0], 4) + " - " + fixed_text(interval[1], 4),
                   fixed_text(task.macro_f1(), 4), fixed_text(task.macro_recall(), 4),
                   fixed_text(task.loss(), 4)});
    const size_t shown_classes = std::min(task.labels().size(), kMostClasses);
    if (shown_classes < task.labels().size())
      more += str("  ", task.labels().size() - shown_classes, " more classes of ", task_cell(tasks[t].name),
                  "; all are in test.json and in the file of eval --json\n");
    for (size_t c = 0; c < shown_classes; ++c)
      classes.push_back({class_name(tasks[t].name, task.labels()[c]), fixed_text(task.precision(c), 4),
                         fixed_text(task.recall(c), 4), fixed_text(task.f1(c), 4),
                         std::to_string(task.support(c))});
  }
  if (all.size() == 1) return printable(title) + ": no rows\n";
  return printable(title) + "\n" + align_table(all) + "\n" + align_table(classes) + more;
}

}  // namespace mtnlp
