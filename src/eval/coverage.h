// When an answer may be trusted: how many answers are sure enough, and how many of these are right.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// The answers of at least a confidence.
struct Coverage {
  double confidence = 0;  ///< found ones are rounded down to six digits
  size_t rows = 0;        ///< in all
  size_t kept = 0;        ///< of these the confidence reaches it
  size_t right = 0;       ///< of those kept

  double share() const { return static_cast<double>(kept) / static_cast<double>(rows); }
  double accuracy() const { return static_cast<double>(right) / static_cast<double>(kept); }
};

/// Returns the coverage of the `rows` rows of `figures` at `confidence`.
Coverage coverage_at(const RowFigures& figures, size_t rows, double confidence);

/// Returns the coverage of the most rows of which at least a share of `accuracy` is right; none where no confidence
/// gives that.
std::optional<Coverage> coverage_for(const RowFigures& figures, size_t rows, double accuracy);

/// Says whether each answer is right or wrong and has a confidence from 0 to 1, so that the functions here make sense.
bool tells_confidence(const RowFigures& figures, size_t rows);

/// Returns the coverages of all confidences that occur, the largest first; about `most` of them, evenly in rows, the
/// last with all rows.
std::vector<Coverage> coverage_curve(const RowFigures& figures, size_t rows, size_t most);

/// Answers of about the same confidence.
struct ConfidenceBin {
  size_t rows = 0;
  size_t right = 0;
  double confidence = 0;  ///< mean

  double accuracy() const { return static_cast<double>(right) / static_cast<double>(rows); }
};
/// Returns `bins` bins of about equally many rows, fewer where there are fewer rows, from the least confident on.
std::vector<ConfidenceBin> confidence_bins(const RowFigures& figures, size_t rows, size_t bins);

/// Returns in a sentence what answers that reach `accuracy` in the validation part, as `validation` says, do in the
/// rows that were scored; `scored` has the same confidence, none where there is none.
std::string coverage_text(double accuracy, const std::optional<Coverage>& validation,
                          const std::optional<Coverage>& scored);
/// Returns {"accuracy", "confidence", "coverage", "coverage_ci95", "covered_accuracy", "covered_accuracy_ci95"}, of
/// the rows that were scored; all but the first are null where there is none.
OrderedJson coverage_json(double accuracy, const std::optional<Coverage>& scored);

}  // namespace mtnlp
