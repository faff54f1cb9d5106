// The figures of several labels a row, of all rows and of samples of them.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tasks/areas.h"
#include "tasks/reliability.h"
#include "tasks/target.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// What was said of one row. NaN for what is not known.
struct LabelSetAnswer {
  LabelSet gold, guess;
  double loss =
      std::numeric_limits<double>::quiet_NaN();  ///< mean binary cross-entropy over the labels, in nats
  double confidence =
      std::numeric_limits<double>::quiet_NaN();  ///< least probability of what is said of a label

  /// Returns the F1 of the row; 1 where it has no label and none is given.
  double f1() const;
};

class LabelSetFigures final : public RowFigures {
 public:
  /// `answers` are borrowed. `scores` [rows, labels] tell the rows of each label from the others; empty where
  /// they are not known.
  LabelSetFigures(size_t labels, std::span<const LabelSetAnswer> answers, std::span<const float> scores);

  /// Averages over labels leave out those that no row has or is given; areas those that no row has, or all have.
  std::vector<Figure> figures() const override;
  std::vector<double> values(std::span<const uint32_t> counts) const override;
  /// Returns 1 - F1 of the row.
  double error(size_t row) const override { return 1 - f1_[row]; }
  bool right_or_wrong() const override { return true; }
  double confidence(size_t row) const override { return answers_[row].confidence; }

  /// Returns the areas of each label in all rows; none where scores are not known.
  std::vector<Areas> areas() const;

 private:
  size_t labels_;
  std::span<const LabelSetAnswer> answers_;
  std::vector<double> f1_;             ///< [rows]
  std::vector<RankedClass> by_label_;  ///< [labels]; empty where scores are not known
};

/// Returns how far the probabilities by `temperature` are from what is true: all are means over rows and labels, the
/// Brier score of (probability - truth)², and the calibration error is that of the probabilities of all labels.
Reliability label_set_reliability(std::span<const LabelSetAnswer> answers, std::span<const float> logits,
                                  double temperature);

}  // namespace mtnlp
