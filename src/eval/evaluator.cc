#include "eval/evaluator.h"

#include <limits>

#include "base/signals.h"
#include "infer/batches.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

void score(const Model& model, size_t task, const torch::Tensor& embeddings, std::span<const int32_t> labels,
           TaskMetrics& metrics) {
  const torch::Tensor logits = model.heads[task].forward(embeddings);
  if (first_not_finite(logits) >= 0)
    fail_input("the logits of task \"", model.tasks[task].name,
               "\" are not finite for some of the texts; the model's weights overflow");
  const torch::Tensor log_probabilities = torch::log_softmax(logits, 1).to(torch::kCPU).contiguous();
  const torch::Tensor guesses = log_probabilities.argmax(1);
  const auto log_p = log_probabilities.accessor<float, 2>();
  const auto guess = guesses.accessor<int64_t, 1>();
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != kNoLabel) {
      const auto row = static_cast<int64_t>(i);
      metrics.add(static_cast<size_t>(labels[i]), static_cast<size_t>(guess[row]), -log_p[row][labels[i]]);
    }
}

std::vector<TaskMetrics> no_metrics(const Model& model) {
  std::vector<TaskMetrics> metrics;
  for (const Task& task : model.tasks) metrics.emplace_back(task.labels);
  return metrics;
}

/// Of each task that any of the rows has a label of.
void score(const Model& model, const EncodedRows& encoded, const EmbeddedBatch& batch,
           std::vector<TaskMetrics>& metrics) {
  const torch::NoGradGuard no_grad;
  std::vector<int32_t> labels;
  for (size_t task = 0; task < model.tasks.size(); ++task) {
    labels.clear();
    bool any = false;
    for (const uint32_t row : batch.rows) {
      labels.push_back(encoded.label(row, task));
      any = any || labels.back() != kNoLabel;
    }
    if (any) score(model, task, batch.embeddings, labels, metrics[task]);
  }
}

/// Calls use(EmbeddedBatch) until a stop signal arrives.
template <typename Use>
void for_embedded(const Model& model, const EncodedRows& encoded, std::span<const uint32_t> rows,
                  torch::Device device, Progress* progress, Use use) {
  embed_batches(model, encoded.sequences(rows), device,
                [&](std::span<const uint32_t> indices, const torch::Tensor& embeddings) {
                  throw_if_stopped();
                  EmbeddedBatch batch{{}, embeddings};
                  for (const uint32_t index : indices) batch.rows.push_back(rows[index]);
                  use(std::move(batch));
                  if (progress != nullptr) progress->add(indices.size());
                });
}

}  // namespace

std::vector<TaskMetrics> evaluate(const Model& model, const EncodedRows& encoded,
                                  std::span<const uint32_t> rows, torch::Device device, Progress* progress) {
  std::vector<TaskMetrics> metrics = no_metrics(model);
  for_embedded(model, encoded, rows, device, progress,
               [&](const EmbeddedBatch& batch) { score(model, encoded, batch, metrics); });
  return metrics;
}

std::vector<EmbeddedBatch> embed_rows(const Model& model, const EncodedRows& encoded,
                                      std::span<const uint32_t> rows, torch::Device device,
                                      Progress* progress) {
  std::vector<EmbeddedBatch> batches;
  for_embedded(model, encoded, rows, device, progress,
               [&](EmbeddedBatch batch) { batches.push_back(std::move(batch)); });
  return batches;
}

std::vector<TaskMetrics> evaluate(const Model& model, const EncodedRows& encoded,
                                  std::span<const EmbeddedBatch> batches) {
  std::vector<TaskMetrics> metrics = no_metrics(model);
  for (const EmbeddedBatch& batch : batches) score(model, encoded, batch, metrics);
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
