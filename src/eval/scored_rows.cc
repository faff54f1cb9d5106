#include "eval/scored_rows.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "base/error.h"

namespace mtnlp {

void add_scored(const Heads& heads, const std::vector<Task>& tasks, const EncodedRows& encoded,
                const EmbeddedBatch& batch, std::vector<ScoredRows>& scored) {
  for (size_t task = 0; task < tasks.size(); ++task) {
    const auto has_target = [&](uint32_t row) { return !encoded.target(row, task).is_none(); };
    if (std::ranges::none_of(batch.rows, has_target)) continue;
    const Matrix outputs = heads.logits(task, batch.embeddings);
    if (first_not_finite(outputs) >= 0)
      fail_input("the logits of task \"", tasks[task].name,
                 "\" are not finite for some of the texts; the model's weights overflow");
    ScoredRows& own = scored[task];
    own.outputs.columns = outputs.columns;
    for (size_t i = 0; i < batch.rows.size(); ++i) {
      if (!has_target(batch.rows[i])) continue;
      own.ids.push_back(batch.rows[i]);
      own.targets.push_back(encoded.target(batch.rows[i], task));
      ++own.outputs.rows;
      std::ranges::copy(outputs.row(i), std::back_inserter(own.outputs.values));
    }
  }
}

void sort_scored(std::vector<ScoredRows>& scored) {
  for (ScoredRows& own : scored) {
    std::vector<size_t> order(own.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, {}, [&](size_t place) { return own.ids[place]; });
    own = rows_at(own, order);
  }
}

std::vector<ScoredRows> score_rows(const Heads& heads, const std::vector<Task>& tasks,
                                   const EncodedRows& encoded, std::span<const EmbeddedBatch> batches) {
  std::vector<ScoredRows> scored(tasks.size());
  for (const EmbeddedBatch& batch : batches) add_scored(heads, tasks, encoded, batch, scored);
  sort_scored(scored);
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
