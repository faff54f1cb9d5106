#include "train/epoch_report.h"

#include <cmath>

#include "base/error.h"
#include "base/numbers.h"

namespace mtnlp {
namespace {

constexpr int kCsvDigits = 6;

/// A figure of a task's validation rows.
struct NamedScore {
  Figure figure;
  double value;
};

/// Returns what metrics.csv and the log show of a task.
std::vector<NamedScore> scores_of(const Task& task, const TaskMetrics& metrics) {
  std::vector<NamedScore> scores;
  const std::vector<Figure> figures = task.kind->figures();
  const std::vector<double> values = metrics.figures();
  for (size_t i = 0; i < figures.size(); ++i)
    if (figures[i].of_epoch) scores.push_back({figures[i], values[i]});
  return scores;
}

}  // namespace

std::vector<std::string> metric_columns(const std::vector<Task>& tasks) {
  std::vector<std::string> columns = {"epoch", "step", "learning_rate"};
  for (const Task& task : tasks) {
    for (const char* what : {".train_loss", ".val_loss"}) columns.push_back(task.name + what);
    for (const Figure& figure : task.kind->figures())
      if (figure.of_epoch) columns.push_back(task.name + ".val_" + figure.key);
  }
  return columns;
}

std::vector<std::string> metric_row(uint64_t epoch, uint64_t step, double learning_rate,
                                    const std::vector<Task>& tasks, const LossMeter& losses,
                                    const AllMetrics& validation) {
  std::vector<std::string> row = {std::to_string(epoch), std::to_string(step), number_text(learning_rate)};
  for (size_t t = 0; t < tasks.size(); ++t) {
    const TaskMetrics& metrics = *validation[t];
    row.push_back(fixed_text(losses.mean(t), kCsvDigits));
    row.push_back(fixed_text(metrics.loss(), kCsvDigits));
    for (const auto& [figure, value] : scores_of(tasks[t], metrics))
      row.push_back(metrics.rows() > 0 ? fixed_text(value, kCsvDigits) : "nan");
  }
  return row;
}

std::string summary(const std::vector<Task>& tasks, const LossMeter& losses, const AllMetrics& validation) {
  std::string text;
  for (size_t t = 0; t < tasks.size(); ++t) {
    text += str(t == 0 ? "" : "; ", tasks[t].name, " loss ", fixed_text(losses.mean(t), 4));
    if (validation[t]->rows() == 0) continue;
    const char* before = ", validation ";
    for (const auto& [figure, value] : scores_of(tasks[t], *validation[t])) {
      if (std::isnan(value)) continue;
      text += str(before, figure.title, " ", fixed_text(value, 4));
      before = ", ";
    }
  }
  return text;
}

}  // namespace mtnlp
