#include "train/epoch_report.h"

#include "base/error.h"
#include "base/numbers.h"

namespace mtnlp {
namespace {

constexpr int kCsvDigits = 6;

}  // namespace

std::vector<std::string> metric_columns(const std::vector<Task>& tasks) {
  std::vector<std::string> columns = {"epoch", "step", "learning_rate"};
  for (const Task& task : tasks)
    for (const char* what : {"train_loss", "val_loss", "val_accuracy", "val_macro_f1"})
      columns.push_back(task.name + "." + what);
  return columns;
}

std::vector<std::string> metric_row(uint64_t epoch, uint64_t step, double learning_rate,
                                    const LossMeter& losses, const std::vector<TaskMetrics>& validation) {
  std::vector<std::string> row = {std::to_string(epoch), std::to_string(step), number_text(learning_rate)};
  for (size_t t = 0; t < validation.size(); ++t) {
    const TaskMetrics& task = validation[t];
    const bool any = task.rows() > 0;
    row.push_back(fixed_text(losses.mean(t), kCsvDigits));
    row.push_back(fixed_text(task.loss(), kCsvDigits));
    row.push_back(any ? fixed_text(task.accuracy(), kCsvDigits) : "nan");
    row.push_back(any ? fixed_text(task.macro_f1(), kCsvDigits) : "nan");
  }
  return row;
}

std::string summary(const std::vector<Task>& tasks, const LossMeter& losses,
                    const std::vector<TaskMetrics>& validation) {
  std::string text;
  for (size_t t = 0; t < tasks.size(); ++t) {
    text += str(t == 0 ? "" : "; ", tasks[t].name, " loss ", fixed_text(losses.mean(t), 4));
    if (validation[t].rows() > 0)
      text += str(", validation accuracy ", fixed_text(validation[t].accuracy(), 4), ", macro-F1 ",
                  fixed_text(validation[t].macro_f1(), 4));
  }
  return text;
}

}  // namespace mtnlp
