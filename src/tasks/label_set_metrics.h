// Metrics of several labels a row.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tasks/class_counts.h"
#include "tasks/label_set_figures.h"
#include "tasks/task.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// Returns the figures by which tasks of this kind are known. Average precision, which no threshold shapes, chooses
/// the epoch.
std::vector<Figure> label_set_figures();

class LabelSetMetrics final : public TaskMetrics {
 public:
  explicit LabelSetMetrics(std::vector<std::string> labels, Decision decision = {});

  /// Adds a row by its logits: those labels are guessed that the decision gives; the loss is the mean binary
  /// cross-entropy of the logits themselves, in nats.
  void add(Target target, std::span<const float> outputs) override;
  /// Takes a list of JSON, or labels with `separator` between them.
  bool add_answer(Target target, const std::string& answer, const std::string& separator) override;
  void add_rows(const TaskMetrics& other) override;

  std::vector<double> figures() const override;
  std::unique_ptr<const RowFigures> row_figures() const override { return own_figures(known_); }
  const ClassCounts& counts() const { return counts_; }

  /// The task's object in test.json: {"rows", "loss", the figures of LabelSetFigures and KEY_ci95 of each, "labels",
  /// "without_area": [labels that no row has, or all], "per_class": [{"label", "threshold", "precision", "recall",
  /// "f1", "support", "precision_ci95", "recall_ci95", "f1_ci95", "roc_auc", "pr_auc"}]}, in the order of the labels.
  /// Beyond kMostClasses areas have no intervals. With a temperature there is "calibration" (reliability.h).
  OrderedJson to_json() const override;
  /// The figures in one table, the labels in another: kMostClasses of them, and a count of the rest.
  std::vector<ResultTable> tables(const std::string& task) const override;

 private:
  void add(LabelSetAnswer answer);
  double threshold(size_t label) const;
  /// Returns the figures; with more than kMostClasses labels areas are not among those of samples.
  std::unique_ptr<const LabelSetFigures> own_figures(size_t most_ranked) const;
  bool has_raw() const;
  Calibration calibration() const;
  Summary summary(const std::vector<Areas>& areas) const;
  std::vector<Areas> areas() const;

  std::vector<std::string> labels_;  ///< of the task, and behind them answers that it does not know
  size_t known_;                     ///< number of the first
  Decision decision_;
  std::map<std::string, uint32_t> index_;  ///< label → place, once there is an answer
  ClassCounts counts_;
  std::vector<LabelSetAnswer> answers_;  ///< [rows]
  std::vector<float> scores_;            ///< [rows, labels] logits
};

}  // namespace mtnlp
