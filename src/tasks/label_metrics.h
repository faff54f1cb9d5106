// Metrics of one label of several, from a confusion matrix.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tasks/task.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// Wilson's 95 % interval of a share of `hits` in `trials` (Wilson 1927); {0, 1} without trials.
std::array<double, 2> wilson_interval(uint64_t hits, uint64_t trials);

/// Returns the figures by which tasks of this kind are known.
std::vector<Figure> label_figures();

/// As scikit-learn: macro averages run
/// over the classes that occur in gold or guesses, and 0/0 is 0.
class LabelMetrics final : public TaskMetrics {
 public:
  explicit LabelMetrics(std::vector<std::string> labels, Decision decision = {});

  /// Adds a row by its logits: the guess is the label that the decision prefers, the loss the cross-entropy of the
  /// logits themselves, in nats.
  void add(Target target, std::span<const float> outputs) override;
  /// Adds a row of which guess and loss are known.
  void add(size_t gold, size_t guess, double loss);

  std::vector<double> figures() const override;
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
  OrderedJson to_json() const override;
  /// The figures in one row of a table, the classes in another: kMostClasses of them, and a count of the rest.
  std::vector<ResultTable> tables(const std::string& task) const override;

 private:
  uint64_t hits() const;
  template <typename Score>
  double macro(Score score) const;

  std::vector<std::string> labels_;
  Decision decision_;
  std::map<std::pair<size_t, size_t>, uint64_t> confusion_;  ///< (gold, guess) → rows, where there are any
  std::vector<uint64_t> gold_, guesses_;                     ///< [label] rows
};

}  // namespace mtnlp
