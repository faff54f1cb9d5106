// Classification metrics from a confusion matrix. Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace mtnlp {

/// Wilson's 95 % interval of a share of `hits` in `trials` (Wilson 1927); {0, 1} without trials.
std::array<double, 2> wilson_interval(uint64_t hits, uint64_t trials);

/// So many classes are shown one by one: in a confusion matrix, in the rows of a table.
inline constexpr size_t kMostClasses = 50;

/// Collects (gold, guess, loss) of one task and answers with metrics. As scikit-learn: macro averages run
/// over the classes that occur in gold or guesses, and 0/0 is 0.
class TaskMetrics {
 public:
  explicit TaskMetrics(std::vector<std::string> labels);

  /// One row; `loss` is its cross-entropy in nats.
  void add(size_t gold, size_t guess, double loss);

  uint64_t rows() const { return rows_; }
  double loss() const;  ///< mean over rows, NaN without rows
  double accuracy() const;
  double precision(size_t label) const;
  double recall(size_t label) const;
  double f1(size_t label) const;
  uint64_t support(size_t label) const { return gold_[label]; }
  double macro_f1() const;
  double macro_recall() const;
  std::array<double, 2> accuracy_ci95() const;
  uint64_t confusion(size_t gold, size_t guess) const;
  const std::vector<std::string>& labels() const { return labels_; }

  /// The task's object in test.json: {"rows", "loss", "accuracy", "accuracy_ci95": [low, high], "macro_f1",
  /// "macro_recall", "labels", "per_class": [{"label", "precision", "recall", "f1", "support"}], "confusion":
  /// [[rows by guess] by gold]}, in the order of the labels. Beyond kMostClasses "confusion_triples" takes
  /// the place of "confusion": [[gold, guess, rows]], places in "labels", of the cells that are not 0.
  OrderedJson to_json() const;

 private:
  uint64_t hits() const;
  template <typename Score>
  double macro(Score score) const;

  std::vector<std::string> labels_;
  std::map<std::pair<size_t, size_t>, uint64_t> confusion_;  ///< (gold, guess) → rows, where there are any
  std::vector<uint64_t> gold_, guesses_;                     ///< [label] rows
  uint64_t rows_ = 0;
  double loss_sum_ = 0;
};

}  // namespace mtnlp
