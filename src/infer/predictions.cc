#include "infer/predictions.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>

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

/// Returns the likeliest labels, `count` at most.
std::vector<size_t> top_labels(std::span<const float> probabilities, size_t count) {
  std::vector<size_t> labels(probabilities.size());
  std::iota(labels.begin(), labels.end(), size_t{0});
  std::ranges::stable_sort(labels, std::greater(), [&](size_t label) { return probabilities[label]; });
  labels.resize(std::min(count, labels.size()));
  return labels;
}

/// Returns the values of the columns for the likeliest labels.
std::vector<std::string> top_values(const Task& task, std::span<const float> probabilities,
                                    const AnswerOptions& options) {
  std::vector<std::string> values;
  std::string list;
  for (const size_t label : top_labels(probabilities, options.top)) {
    const std::string& name = task.labels[label];
    const std::string probability = fixed_text(probabilities[label], 4);
    values.insert(values.end(), {name, probability});
    list += str(list.empty() ? "" : ",", R"({"label":)", json_string(name), R"(,"probability":)", probability,
                "}");
  }
  if (!options.nested) return values;
  return {"[" + list + "]"};
}

/// Returns the values of the columns for all probabilities.
std::vector<std::string> all_values(const Task& task, std::span<const float> probabilities, bool nested) {
  std::vector<std::string> values;
  for (const float probability : probabilities) values.push_back(float_text(probability));
  if (!nested) return values;
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

/// Returns the values of the columns of a task for these `outputs`, which are finite.
std::vector<std::string> answer_values(const Task& task, std::span<const float> outputs,
                                       const AnswerOptions& options) {
  std::vector<std::string> values = answers(task, outputs, options);
  const bool asked = options.all_probabilities || options.top > 0 || options.min_confidence > 0;
  if (!asked || !task.kind->has_labels()) return values;
  const std::vector<float> probabilities = task.kind->probabilities(task, outputs);
  if (task.kind == &default_task_kind() && *std::ranges::max_element(probabilities) < options.min_confidence)
    values[0].clear();
  if (options.all_probabilities)
    std::ranges::move(all_values(task, probabilities, options.nested), std::back_inserter(values));
  if (options.top > 0)
    std::ranges::move(top_values(task, probabilities, options), std::back_inserter(values));
  return values;
}

/// Returns the explanations of all `rows`, parallel to them; none for one that could not be read.
std::vector<std::vector<Explanation>> explanations(std::span<const TextRow> rows,
                                                   std::span<const Matrix> outputs, const TextRows& source,
                                                   const Explainer* explainer) {
  if (explainer == nullptr) return {};
  std::vector<std::string> texts;
  for (const TextRow& row : rows) texts.push_back(row.sound() ? source.text(row) : "");
  return explainer->explain(texts, outputs);
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
      columns.push_back({name + column.suffix, column.number || (column.list && options.nested),
                         /*empty_is_null=*/true});
    if (!task.kind->has_labels()) continue;
    if (options.all_probabilities && options.nested) columns.push_back({name + ".probabilities", true});
    if (options.all_probabilities && !options.nested)
      for (const std::string& label : task.labels)
        columns.push_back({str(name, ".probability.", label), true});
    if (options.top > 0 && options.nested) columns.push_back({name + ".top", true});
    for (size_t i = 1; i <= std::min(options.top, task.labels.size()) && !options.nested; ++i) {
      columns.push_back({str(name, ".top.", i)});
      columns.push_back({str(name, ".top.", i, ".probability"), true});
    }
    if (options.explainer != nullptr && Explainer::explains(task))
      columns.push_back({name + ".explanation", true});
  }
  return columns;
}

void write_predictions(std::span<const TextRow> rows, const Matrix& embeddings, const Predictor& predictor,
                       const TextRows& source, RowWriter& out, const AnswerOptions& options) {
  const std::vector<Task>& tasks = predictor.settings().tasks;
  const std::vector<Matrix> outputs = predictor.outputs(embeddings);
  const auto explained = explanations(rows, outputs, source, options.explainer);
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
      std::ranges::move(answer_values(tasks[t], own, options), std::back_inserter(values));
      if (options.explainer != nullptr && Explainer::explains(tasks[t]))
        values.push_back(explanation_text(explained[i][t]));
    }
    out.write(rows[i].row, values);
  }
}

}  // namespace mtnlp
