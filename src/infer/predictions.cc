#include "infer/predictions.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/numbers.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// Returns what the numbers among a task's answers are, for messages: "probability".
std::string name_of_numbers(const TaskKind& kind) {
  for (const AnswerColumn& column : kind.answer_columns())
    if (column.number && column.suffix.starts_with('.')) return column.suffix.substr(1);
  return "value";
}

/// Returns the values of the columns that `all` adds for a task of these `outputs`.
std::vector<std::string> all_probabilities(const Task& task, std::span<const float> outputs,
                                           AllProbabilities all) {
  std::vector<std::string> values;
  for (const float probability : task.kind->probabilities(task, outputs))
    values.push_back(float_text(probability));
  if (all == AllProbabilities::kColumns) return values;
  std::string object;
  for (size_t i = 0; i < values.size(); ++i)
    object += str(i == 0 ? "{" : ",", json_string(task.labels[i]), ":", values[i]);
  return {object + "}"};
}

}  // namespace

std::vector<AddedColumn> prediction_columns(const std::vector<Task>& tasks, const std::string& prefix,
                                            AllProbabilities all) {
  std::vector<AddedColumn> columns;
  for (const Task& task : tasks) {
    const std::string name = prefix + task.name;
    for (const AnswerColumn& column : task.kind->answer_columns())
      columns.push_back({name + column.suffix, column.number});
    if (all == AllProbabilities::kObject) columns.push_back({name + ".probabilities", true});
    if (all == AllProbabilities::kColumns)
      for (const std::string& label : task.labels)
        columns.push_back({str(name, ".probability.", label), true});
  }
  return columns;
}

void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out, AllProbabilities all) {
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
      if (all != AllProbabilities::kNone)
        std::ranges::move(all_probabilities(tasks[t], own, all), std::back_inserter(values));
    }
    out.write(rows[i].row, values);
  }
}

}  // namespace mtnlp
