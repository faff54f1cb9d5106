#include "eval/scored_rows.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace mtnlp {

void for_outputs(const Heads& heads, const std::vector<Task>& tasks, const EncodedRows& encoded,
                 const EmbeddedBatch& batch, const SeeAnswer& use) {
  for (size_t task = 0; task < tasks.size(); ++task) {
    const auto has_target = [&](uint32_t row) { return !encoded.target(row, task).is_none(); };
    if (std::ranges::none_of(batch.rows, has_target)) continue;
    const Matrix outputs = heads.logits(task, batch.embeddings);
    if (first_not_finite(outputs) >= 0)
      fail_input("the logits of task \"", tasks[task].name,
                 "\" are not finite for some of the texts; the model's weights overflow");
    for (size_t i = 0; i < batch.rows.size(); ++i)
      if (has_target(batch.rows[i])) use(task, batch.rows[i], outputs.row(i));
  }
}

std::vector<ScoredRows> score_rows(const Heads& heads, const std::vector<Task>& tasks,
                                   const EncodedRows& encoded, std::span<const EmbeddedBatch> batches) {
  std::vector<ScoredRows> scored(tasks.size());
  for (const EmbeddedBatch& batch : batches)
    for_outputs(heads, tasks, encoded, batch, [&](size_t task, uint32_t row, std::span<const float> outputs) {
      ScoredRows& own = scored[task];
      own.ids.push_back(row);
      own.targets.push_back(encoded.target(row, task));
      own.outputs.columns = outputs.size();
      ++own.outputs.rows;
      own.outputs.values.insert(own.outputs.values.end(), outputs.begin(), outputs.end());
    });
  for (ScoredRows& own : scored) {
    std::vector<size_t> order(own.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, {}, [&](size_t place) { return own.ids[place]; });
    own = rows_at(own, order);
  }
  return scored;
}

ScoredRows rows_at(const ScoredRows& scored, std::span<const size_t> places) {
  ScoredRows rows{{}, {}, Matrix(places.size(), scored.outputs.columns)};
  for (size_t i = 0; i < places.size(); ++i) {
    rows.ids.push_back(scored.ids[places[i]]);
    rows.targets.push_back(scored.targets[places[i]]);
    std::ranges::copy(scored.outputs.row(places[i]), rows.outputs.row(i).begin());
  }
  return rows;
}

std::unique_ptr<TaskMetrics> metrics_of(const Task& task, const ScoredRows& scored) {
  auto metrics = task.kind->make_metrics(task);
  for (size_t i = 0; i < scored.size(); ++i) metrics->add(scored.targets[i], scored.outputs.row(i));
  return metrics;
}

}  // namespace mtnlp
