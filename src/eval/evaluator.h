// Scoring rows with known labels.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/progress.h"
#include "data/encoded_rows.h"
#include "engine/embedder.h"
#include "engine/heads.h"
#include "tasks/task_kind.h"

namespace mtnlp {

/// Embeddings of rows in the batches that evaluation takes them in.
struct EmbeddedBatch {
  std::vector<uint32_t> rows;  ///< ids
  Matrix embeddings;           ///< [rows, D]
};

/// Is told of each row that counts for a task, in the order of the row ids, in which the task's metrics get it.
using SeeAnswer = std::function<void(size_t task, uint32_t row, std::span<const float> outputs)>;

/// Returns metrics per task over `rows` (row ids of `encoded`, whose tasks are `tasks`); a row counts for the
/// tasks it has labels of. Batches are a pure function of the rows, and rows are added in the order of their ids
/// whatever batches they were embedded in: so the same rows always give the same figures and intervals, and those of
/// two models stand side by side. Throws Stopped when a stop signal arrives, Error when logits are not finite.
AllMetrics evaluate(const Embedder& embedder, const Heads& heads, const std::vector<Task>& tasks,
                    const EncodedRows& encoded, std::span<const uint32_t> rows, Progress* progress = nullptr,
                    const SeeAnswer& see = {});

/// Embeds `rows` for the second form of evaluate.
std::vector<EmbeddedBatch> embed_rows(const Embedder& embedder, const EncodedRows& encoded,
                                      std::span<const uint32_t> rows, Progress* progress = nullptr);

/// Returns the figures of the first form, without going through the encoder again.
AllMetrics evaluate(const Heads& heads, const std::vector<Task>& tasks, const EncodedRows& encoded,
                    std::span<const EmbeddedBatch> batches);

/// Returns the row ids of one part.
std::vector<uint32_t> rows_of_part(const std::vector<Part>& parts, Part part);

/// Returns {"tasks": {NAME: metrics}}, as test.json has it; "kind" comes first in the metrics of a kind that is
/// not the default.
OrderedJson metrics_json(const std::vector<Task>& tasks, const AllMetrics& metrics);

/// Reads the tasks of a test.json and their metrics; throws Error when the file is damaged.
OrderedJson read_test_scores(const fs::path& file);

}  // namespace mtnlp
