// The figures of one label of several, of all rows and of samples of them.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "tasks/areas.h"
#include "tasks/ranked_rows.h"
#include "tasks/reliability.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// What was said of one row. NaN for what is not known.
struct LabelAnswer {
  uint32_t gold = 0, guess = 0;
  double loss = std::numeric_limits<double>::quiet_NaN();        ///< cross-entropy of the logits, in nats
  double confidence = std::numeric_limits<double>::quiet_NaN();  ///< probability of the guess
  /// Sum over the classes of the squared distance of their probability from 1 for gold, from 0 for others: from 0
  /// to 2 (Brier 1950).
  double brier = std::numeric_limits<double>::quiet_NaN();
  double own_loss =
      std::numeric_limits<double>::quiet_NaN();  ///< cross-entropy of the probabilities that were given
};

/// `loss` is the mean of own_loss.
Reliability reliability_of(std::span<const LabelAnswer> answers);

class LabelFigures final : public RowFigures {
 public:
  /// `answers` are borrowed. `scores` [rows, classes], by which each class is told from the others; empty where
  /// they are not known.
  LabelFigures(size_t classes, std::span<const LabelAnswer> answers, std::span<const float> scores);

  std::vector<Figure> figures() const override;
  std::vector<double> values(std::span<const uint32_t> counts) const override;
  double error(size_t row) const override { return answers_[row].gold == answers_[row].guess ? 0 : 1; }
  bool right_or_wrong() const override { return true; }
  double confidence(size_t row) const override { return answers_[row].confidence; }

  /// Returns the areas of each class in all rows; none where scores are not known.
  std::vector<Areas> areas() const;

 private:
  size_t classes_;
  std::span<const LabelAnswer> answers_;
  std::vector<double> confidences_;  ///< [rows]
  RankedRows by_confidence_;
  std::vector<RankedClass> by_class_;  ///< [classes]; empty where scores are not known
};

}  // namespace mtnlp
