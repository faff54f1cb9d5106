// Rows with known targets and what a model's heads said of them, kept to be counted in several ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "eval/evaluator.h"

namespace mtnlp {

/// The rows that have a target of one task.
struct ScoredRows {
  std::vector<uint32_t> ids;    ///< row ids, ascending
  std::vector<Target> targets;  ///< parallel to `ids`
  Matrix outputs;               ///< [rows, C] of the task's head

  size_t size() const { return ids.size(); }
};

/// Adds the rows of `batch` to `scored`, parallel to the tasks, for each task that they have targets of; in its order,
/// which sort_scored() mends. Throws Error when outputs are not finite.
void add_scored(const Heads& heads, const std::vector<Task>& tasks, const EncodedRows& encoded,
                const EmbeddedBatch& batch, std::vector<ScoredRows>& scored);
/// Sorts rows by their ids.
void sort_scored(std::vector<ScoredRows>& scored);

/// Returns the rows of each task, whatever batches they were embedded in.
std::vector<ScoredRows> score_rows(const Heads& heads, const std::vector<Task>& tasks,
                                   const EncodedRows& encoded, std::span<const EmbeddedBatch> batches);

/// Returns the rows at these places.
ScoredRows rows_at(const ScoredRows& scored, std::span<const size_t> places);

/// Returns the metrics of `scored`, to which its rows were added in their order.
std::unique_ptr<TaskMetrics> metrics_of(const Task& task, const ScoredRows& scored);

}  // namespace mtnlp
