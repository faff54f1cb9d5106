#include "infer/predictions.h"

#include <algorithm>
#include <iterator>

#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// Returns what the numbers among a task's answers are, for messages: "probability".
std::string name_of_numbers(const TaskKind& kind) {
  for (const AnswerColumn& column : kind.answer_columns())
    if (column.number && column.suffix.starts_with('.')) return column.suffix.substr(1);
  return "value";
}

}  // namespace

std::vector<AddedColumn> prediction_columns(const std::vector<Task>& tasks, const std::string& prefix) {
  std::vector<AddedColumn> columns;
  for (const Task& task : tasks)
    for (const AnswerColumn& column : task.kind->answer_columns())
      columns.push_back({prefix + task.name + column.suffix, column.number});
  return columns;
}

void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out) {
  const std::vector<Task>& tasks = predictor.settings().tasks;
  const std::vector<Matrix> outputs = predictor.outputs(embeddings);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].sound()) {
      out.write_without_values(rows[i].row);
      continue;
    }
    std::vector<std::string> values;
    for (size_t t = 0; t < tasks.size(); ++t) {
      const std::span<const float> own = outputs[t].row(i);
      if (!all_finite(own))
        source.fail(rows[i], str("the ", name_of_numbers(*tasks[t].kind), " of task \"", tasks[t].name,
                                 "\" is not finite; weights of its head are NaN or too large"));
      std::ranges::move(tasks[t].kind->answer(tasks[t], own), std::back_inserter(values));
    }
    out.write(rows[i].row, values);
  }
}

}  // namespace mtnlp
