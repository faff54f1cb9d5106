// Metrics of one label of several, from a confusion matrix.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tasks/class_counts.h"
#include "tasks/intervals.h"
#include "tasks/label_figures.h"
#include "tasks/task.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// Returns the figures by which tasks of this kind are known.
std::vector<Figure> label_figures();

class LabelMetrics final : public TaskMetrics {
 public:
  explicit LabelMetrics(std::vector<std::string> labels, Decision decision = {});

  /// Adds a row by its logits: the guess is the label that the decision prefers, the loss the cross-entropy of the
  /// logits themselves, in nats.
  void add(Target target, std::span<const float> outputs) override;
  bool add_answer(Target target, const std::string& answer, const std::string& separator) override;
  void add_rows(const TaskMetrics& other) override;
  /// Adds a row of which guess and loss are known.
  void add(size_t gold, size_t guess, double loss);

  std::vector<double> figures() const override;
  std::unique_ptr<const RowFigures> row_figures() const override { return own_figures(); }
  const ClassCounts& counts() const { return counts_; }
  Interval95 accuracy_ci95() const { return wilson_interval(counts_.hits(), rows()); }
  uint64_t confusion(size_t gold, size_t guess) const;
  const std::vector<std::string>& labels() const { return labels_; }

  /// The task's object in test.json: {"rows", "loss", the figures of LabelFigures and KEY_ci95 of each, "labels",
  /// "without_area": [labels without rows, or without rows of others], "per_class": [{"label", "precision",
  /// "recall", "f1", "support", "precision_ci95", "recall_ci95", "f1_ci95", "roc_auc", "pr_auc"}], "confusion":
  /// [[rows by guess] by gold]}, in the order of the labels. Beyond kMostClasses there are no areas, and
  /// "confusion_triples" takes the place of "confusion": [[gold, guess, rows]], places in "labels", of the cells
  /// that are not 0. With a decision there is "calibration": {"temperature", "shifted": whether there is a shift,
  /// "raw" and "decided": {"loss", "brier", "calibration_error"} of the logits alone and of the decision}.
  OrderedJson to_json() const override;
  /// The figures in one table, the classes in another: kMostClasses of them, and a count of the rest.
  std::vector<ResultTable> tables(const std::string& task) const override;

 private:
  void add(const LabelAnswer& answer);
  bool has_raw() const { return !raw_.empty() && raw_.size() == answers_.size(); }
  Calibration calibration() const;
  std::unique_ptr<const LabelFigures> own_figures() const;
  Summary summary(const LabelFigures& figures) const;

  std::vector<std::string> labels_;  ///< of the task, and behind them answers that it does not know
  size_t known_;                     ///< number of the first
  Decision decision_;
  std::map<std::string, size_t> index_;                      ///< label → place, once there is an answer
  std::map<std::pair<size_t, size_t>, uint64_t> confusion_;  ///< (gold, guess) → rows, where there are any
  ClassCounts counts_;
  std::vector<LabelAnswer> answers_;  ///< [rows]
  std::vector<LabelAnswer> raw_;      ///< [rows] by the logits alone, where there is a decision
  std::vector<float> scores_;         ///< [rows, labels] log-probabilities, of kMostClasses labels or fewer
};

}  // namespace mtnlp
