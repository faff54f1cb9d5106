#include "infer/predictions.h"

#include <cmath>

#include "base/numbers.h"

namespace mtnlp {

std::vector<AddedColumn> prediction_columns(const std::vector<Task>& tasks, const std::string& prefix) {
  std::vector<AddedColumn> columns;
  for (const Task& task : tasks) {
    columns.push_back({prefix + task.name});
    columns.push_back({prefix + task.name + ".probability", true});
  }
  return columns;
}

void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out) {
  const std::vector<Task>& tasks = predictor.settings().tasks;
  const auto predictions = predictor.predict(embeddings);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].sound()) {
      out.write_without_values(rows[i].row);
      continue;
    }
    std::vector<std::string> values;
    for (size_t t = 0; t < tasks.size(); ++t) {
      const auto& [label, probability] = predictions[t][i];
      if (!std::isfinite(probability))
        source.fail(rows[i], str("the probability of task \"", tasks[t].name,
                                 "\" is not finite: weights of its head are NaN or too large"));
      values.push_back(tasks[t].labels[label]);
      values.push_back(fixed_text(probability, 4));
    }
    out.write(rows[i].row, values);
  }
}

}  // namespace mtnlp
