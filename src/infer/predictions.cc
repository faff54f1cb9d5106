#include "infer/predictions.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// Returns what the numbers among a task's answers are, for messages: "probability".
std::string name_of_numbers(const TaskKind& kind) {
  for (const AnswerColumn& column : kind.answer_columns())
    if ((column.number || column.list) && column.suffix.starts_with('.')) return column.suffix.substr(1);
  return "value";
}

/// Returns the values of the columns that `options` add for a task of these `outputs`.
std::vector<std::string> all_probabilities(const Task& task, std::span<const float> outputs,
                                           const AnswerOptions& options) {
  std::vector<std::string> values;
  if (!options.all_probabilities || !task.kind->has_labels()) return values;
  for (const float probability : task.kind->probabilities(task, outputs))
    values.push_back(float_text(probability));
  if (!options.nested) return values;
  std::string object;
  for (size_t i = 0; i < values.size(); ++i)
    object += str(i == 0 ? "{" : ",", json_string(task.labels[i]), ":", values[i]);
  return {object + "}"};
}

/// Returns the items of a list of JSON with a separator between them.
std::string cell_of_list(const std::string& list, const std::string& separator) {
  std::vector<std::string> items;
  for (const OrderedJson& item : OrderedJson::parse(list))
    items.push_back(item.is_string() ? item.get<std::string>() : fixed_text(item.get<double>(), 4));
  return join(items, separator);
}

/// Returns the answers to one row for the columns of the task.
std::vector<std::string> answers(const Task& task, std::span<const float> outputs,
                                 const AnswerOptions& options) {
  std::vector<std::string> values = task.kind->answer(task, outputs);
  const std::vector<AnswerColumn> columns = task.kind->answer_columns();
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].list && !options.nested) values[i] = cell_of_list(values[i], options.separator);
  return values;
}

}  // namespace

void require_separable(const std::vector<Task>& tasks, const AnswerOptions& options) {
  if (options.nested) return;
  for (const Task& task : tasks) {
    if (!std::ranges::any_of(task.kind->answer_columns(), &AnswerColumn::list)) continue;
    for (const std::string& label : task.labels)
      if (label.find(options.separator) != std::string::npos)
        fail_input(field("label_separator"), " ", shown(options.separator), ": the label ", shown(label),
                   " of task ", shown(task.name), " holds it; choose another, or write JSON");
  }
}

std::vector<AddedColumn> prediction_columns(const std::vector<Task>& tasks, const std::string& prefix,
                                            const AnswerOptions& options) {
  std::vector<AddedColumn> columns;
  for (const Task& task : tasks) {
    const std::string name = prefix + task.name;
    for (const AnswerColumn& column : task.kind->answer_columns())
      columns.push_back({name + column.suffix, column.number || (column.list && options.nested)});
    if (!task.kind->has_labels()) continue;
    if (options.all_probabilities && options.nested) columns.push_back({name + ".probabilities", true});
    if (options.all_probabilities && !options.nested)
      for (const std::string& label : task.labels)
        columns.push_back({str(name, ".probability.", label), true});
  }
  return columns;
}

void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out, const AnswerOptions& options) {
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
      std::ranges::move(answers(tasks[t], own, options), std::back_inserter(values));
      std::ranges::move(all_probabilities(tasks[t], own, options), std::back_inserter(values));
    }
    out.write(rows[i].row, values);
  }
}

}  // namespace mtnlp
