#include "eval/evaluator.h"

#include <limits>

#include "base/signals.h"
#include "infer/batches.h"
#include "tasks/prediction.h"

namespace mtnlp {
namespace {

void score(const Heads& heads, size_t task, const Matrix& embeddings, std::span<const int32_t> labels,
           const std::string& name, TaskMetrics& metrics) {
  const Matrix logits = heads.logits(task, embeddings);
  if (first_not_finite(logits) >= 0)
    fail_input("the logits of task \"", name,
               "\" are not finite for some of the texts; the model's weights overflow");
  const std::vector<Prediction> predictions = decode(logits);
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != kNoLabel) {
      const auto label = static_cast<size_t>(labels[i]);
      metrics.add(label, predictions[i].label, -log_softmax(logits.row(i))[label]);
    }
}

/// Scores each task that any of the rows has a label of.
void score(const Heads& heads, const std::vector<Task>& tasks, const EncodedRows& encoded,
           const EmbeddedBatch& batch, std::vector<TaskMetrics>& metrics) {
  std::vector<int32_t> labels;
  for (size_t task = 0; task < tasks.size(); ++task) {
    labels.clear();
    bool any = false;
    for (const uint32_t row : batch.rows) {
      labels.push_back(encoded.label(row, task));
      any = any || labels.back() != kNoLabel;
    }
    if (any) score(heads, task, batch.embeddings, labels, tasks[task].name, metrics[task]);
  }
}

std::vector<TaskMetrics> no_metrics(const std::vector<Task>& tasks) {
  std::vector<TaskMetrics> metrics;
  for (const Task& task : tasks) metrics.emplace_back(task.labels);
  return metrics;
}

/// Calls use(EmbeddedBatch) until a stop signal arrives.
template <typename Use>
void for_embedded(const Embedder& embedder, const EncodedRows& encoded, std::span<const uint32_t> rows,
                  Progress* progress, Use use) {
  embed_batches(embedder, encoded.sequences(rows), [&](std::span<const uint32_t> indices, Matrix embeddings) {
    throw_if_stopped();
    EmbeddedBatch batch{{}, std::move(embeddings)};
    for (const uint32_t index : indices) batch.rows.push_back(rows[index]);
    use(std::move(batch));
    if (progress != nullptr) progress->add(indices.size());
  });
}

}  // namespace

std::vector<TaskMetrics> evaluate(const Embedder& embedder, const Heads& heads,
                                  const std::vector<Task>& tasks, const EncodedRows& encoded,
                                  std::span<const uint32_t> rows, Progress* progress) {
  std::vector<TaskMetrics> metrics = no_metrics(tasks);
  for_embedded(embedder, encoded, rows, progress,
               [&](const EmbeddedBatch& batch) { score(heads, tasks, encoded, batch, metrics); });
  return metrics;
}

std::vector<EmbeddedBatch> embed_rows(const Embedder& embedder, const EncodedRows& encoded,
                                      std::span<const uint32_t> rows, Progress* progress) {
  std::vector<EmbeddedBatch> batches;
  for_embedded(embedder, encoded, rows, progress,
               [&](EmbeddedBatch batch) { batches.push_back(std::move(batch)); });
  return batches;
}

std::vector<TaskMetrics> evaluate(const Heads& heads, const std::vector<Task>& tasks,
                                  const EncodedRows& encoded, std::span<const EmbeddedBatch> batches) {
  std::vector<TaskMetrics> metrics = no_metrics(tasks);
  for (const EmbeddedBatch& batch : batches) score(heads, tasks, encoded, batch, metrics);
  return metrics;
}

std::vector<uint32_t> rows_of_part(const std::vector<Part>& parts, Part part) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < parts.size(); ++row)
    if (parts[row] == part) rows.push_back(row);
  return rows;
}

double mean_macro_f1(const std::vector<TaskMetrics>& metrics) {
  double sum = 0;
  int tasks = 0;
  for (const TaskMetrics& task : metrics)
    if (task.rows() > 0) {
      sum += task.macro_f1();
      ++tasks;
    }
  return tasks == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / tasks;
}

OrderedJson metrics_json(const std::vector<Task>& tasks, const std::vector<TaskMetrics>& metrics) {
  OrderedJson json = {{"tasks", OrderedJson::object()}};
  for (size_t t = 0; t < tasks.size(); ++t)
    if (metrics[t].rows() > 0) json["tasks"][tasks[t].name] = metrics[t].to_json();
  return json;
}

OrderedJson read_test_scores(const fs::path& file) {
  auto tasks = json_require<OrderedJson>(read_json(file), "tasks", file);
  const auto is_object = [](const OrderedJson& json) { return json.is_object(); };
  if (!tasks.is_object() || !std::ranges::all_of(tasks, is_object))
    fail_input(file.string(), ": \"tasks\" does not hold the metrics of each task");
  return tasks;
}

}  // namespace mtnlp
