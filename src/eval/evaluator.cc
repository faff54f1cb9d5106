#include "eval/evaluator.h"

#include <algorithm>

#include "base/signals.h"
#include "eval/scored_rows.h"
#include "infer/batches.h"

namespace mtnlp {
namespace {

/// Returns the metrics of the rows of each task, which `see` is told of.
AllMetrics metrics_of_all(const std::vector<Task>& tasks, const std::vector<ScoredRows>& scored,
                          const SeeAnswer& see = {}) {
  AllMetrics metrics;
  for (size_t task = 0; task < tasks.size(); ++task) {
    metrics.push_back(metrics_of(tasks[task], scored[task]));
    for (size_t i = 0; see && i < scored[task].size(); ++i)
      see(task, scored[task].ids[i], scored[task].outputs.row(i));
  }
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

AllMetrics evaluate(const Embedder& embedder, const Heads& heads, const std::vector<Task>& tasks,
                    const EncodedRows& encoded, std::span<const uint32_t> rows, Progress* progress,
                    const SeeAnswer& see) {
  std::vector<ScoredRows> scored(tasks.size());
  for_embedded(embedder, encoded, rows, progress,
               [&](const EmbeddedBatch& batch) { add_scored(heads, tasks, encoded, batch, scored); });
  sort_scored(scored);
  return metrics_of_all(tasks, scored, see);
}

std::vector<EmbeddedBatch> embed_rows(const Embedder& embedder, const EncodedRows& encoded,
                                      std::span<const uint32_t> rows, Progress* progress) {
  std::vector<EmbeddedBatch> batches;
  for_embedded(embedder, encoded, rows, progress,
               [&](EmbeddedBatch batch) { batches.push_back(std::move(batch)); });
  return batches;
}

AllMetrics evaluate(const Heads& heads, const std::vector<Task>& tasks, const EncodedRows& encoded,
                    std::span<const EmbeddedBatch> batches) {
  return metrics_of_all(tasks, score_rows(heads, tasks, encoded, batches));
}

std::vector<uint32_t> rows_of_part(const std::vector<Part>& parts, Part part) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < parts.size(); ++row)
    if (parts[row] == part) rows.push_back(row);
  return rows;
}

OrderedJson metrics_json(const std::vector<Task>& tasks, const AllMetrics& metrics) {
  OrderedJson json = {{"tasks", OrderedJson::object()}};
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (metrics[t]->rows() == 0) continue;
    OrderedJson& own = json["tasks"][tasks[t].name];
    if (tasks[t].kind != &default_task_kind()) own["kind"] = tasks[t].kind->name();
    own.update(metrics[t]->to_json());
  }
  return json;
}

OrderedJson read_test_scores(const fs::path& file) {
  auto tasks = json_require<OrderedJson>(read_json(file, 4 * kMaxJsonFile), "tasks", file);
  const auto is_object = [](const OrderedJson& json) { return json.is_object(); };
  if (!tasks.is_object() || !std::ranges::all_of(tasks, is_object))
    fail_input(file.string(), ": \"tasks\" does not hold the metrics of each task");
  return tasks;
}

}  // namespace mtnlp
