// Two models on the same rows of a task.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// A figure of both models.
struct FigurePair {
  Figure figure;
  double a, b;
  Interval95 difference;  ///< of b - a: 95 % of a bootstrap over pairs of answers to one row
};

/// What is said of model B beside model A.
struct Comparison {
  size_t rows = 0;
  size_t won = 0, lost = 0;  ///< rows in which B is less wrong than A, and more
  double p = 1;  ///< of the exact sign test on these; of one label of several that is McNemar's test
  std::vector<FigurePair> figures;  ///< those that are known of both and in one unit
};

/// Compares metrics of one kind to which the same rows were added in the same order.
Comparison compare(const TaskMetrics& a, const TaskMetrics& b);

enum class Verdict { kBetter, kWorse, kEqual, kOpen };
/// Returns "better", "worse", "equal" or "open".
const char* verdict_name(Verdict verdict);

/// Says what is shown of B: that it is better or worse than A (p below 5 %), or, where a margin is given, that the
/// interval of the first figure's difference lies within it; else nothing.
Verdict verdict_of(const Comparison& comparison, std::optional<double> margin);

/// Returns the verdict in one sentence: "B is better than A: of 300 rows it wins 24 and loses 9 (p = 0.0135)".
std::string sentence(const Comparison& comparison, std::optional<double> margin);

/// Returns {"rows", "won", "lost", "p", "verdict": "better", "worse", "equal" or "open", "sentence", "figures":
/// {KEY: {"a", "b", "difference", "difference_ci95"}}}.
OrderedJson to_json(const Comparison& comparison, std::optional<double> margin);

}  // namespace mtnlp
