#include "tasks/label_metrics.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/error.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "tasks/prediction.h"
#include "tasks/single_label.h"

namespace mtnlp {
namespace {

/// Returns the labels that have no areas.
std::vector<std::string> labels_without_area(const std::vector<std::string>& labels,
                                             const std::vector<Areas>& areas) {
  std::vector<std::string> without;
  for (size_t c = 0; c < areas.size(); ++c)
    if (std::isnan(areas[c].roc)) without.push_back(labels[c]);
  return without;
}

double brier_score(size_t gold, const std::vector<double>& log_probabilities) {
  double sum = 0;
  for (size_t c = 0; c < log_probabilities.size(); ++c) {
    const double gap = std::exp(log_probabilities[c]) - (c == gold ? 1 : 0);
    sum += gap * gap;
  }
  return sum;
}

/// Returns the answer by `values`, whose softmax is probabilities with the logarithms `logs`.
LabelAnswer answer_by(const std::vector<double>& values, const std::vector<double>& logs, size_t gold) {
  const size_t guess = largest_label(values);
  return {static_cast<uint32_t>(gold), static_cast<uint32_t>(guess), -logs[gold],
          std::exp(logs[guess]),       brier_score(gold, logs),      -logs[gold]};
}

}  // namespace

LabelMetrics::LabelMetrics(std::vector<std::string> labels, Decision decision)
    : labels_(std::move(labels)), known_(labels_.size()), decision_(std::move(decision)), counts_(known_) {}

void LabelMetrics::add(Target target, std::span<const float> outputs) {
  const std::vector<double> values = decided(outputs, decision_), logs = log_softmax(values);
  const size_t gold = class_of(target);
  if (labels_.size() <= kMostClasses) std::ranges::copy(logs, std::back_inserter(scores_));
  LabelAnswer answer = answer_by(values, logs, gold);
  if (decision_ != Decision()) {
    const std::vector<double> raw = decided(outputs, {});
    raw_.push_back(answer_by(raw, log_softmax(raw), gold));
    answer.loss = raw_.back().loss;
  }
  add(answer);
}

bool LabelMetrics::add_answer(Target target, const std::string& answer, const std::string& /*separator*/) {
  if (index_.empty())
    for (size_t c = 0; c < labels_.size(); ++c) index_[labels_[c]] = c;
  const auto [found, is_new] = index_.emplace(answer, labels_.size());
  if (is_new) {
    labels_.push_back(answer);
    counts_.add_class();
  }
  add(class_of(target), found->second, std::numeric_limits<double>::quiet_NaN());
  return found->second < known_;
}

void LabelMetrics::add_rows(const TaskMetrics& other) {
  const auto& theirs = dynamic_cast<const LabelMetrics&>(other);
  std::ranges::copy(theirs.scores_, std::back_inserter(scores_));
  for (const LabelAnswer& answer : theirs.answers_) add(answer);
}

void LabelMetrics::add(size_t gold, size_t guess, double loss) {
  add({static_cast<uint32_t>(gold), static_cast<uint32_t>(guess), loss});
}

void LabelMetrics::add(const LabelAnswer& answer) {
  ++confusion_[{answer.gold, answer.guess}];
  counts_.add(answer.gold, answer.guess);
  answers_.push_back(answer);
  count(answer.loss);
}

uint64_t LabelMetrics::confusion(size_t gold, size_t guess) const {
  const auto found = confusion_.find({gold, guess});
  return found == confusion_.end() ? 0 : found->second;
}

std::vector<Figure> label_figures() {
  return {{"accuracy", "accuracy", true},
          {"macro_f1", "macro-F1", true, true},
          {"macro_recall", "macro-recall", true}};
}

std::vector<double> LabelMetrics::figures() const {
  return {counts_.accuracy(), counts_.macro_f1(), counts_.macro_recall()};
}

std::unique_ptr<const LabelFigures> LabelMetrics::own_figures() const {
  const bool scored = scores_.size() == answers_.size() * labels_.size();
  return std::make_unique<LabelFigures>(labels_.size(), answers_,
                                        scored ? std::span(scores_) : std::span<const float>());
}

Summary LabelMetrics::summary(const LabelFigures& figures) const {
  Summary summary = summarize(figures, answers_.size());
  summary.intervals[0] = accuracy_ci95();
  return summary;
}

Calibration LabelMetrics::calibration() const {
  return {reliability_of(raw_), reliability_of(answers_)};
}

std::vector<ResultTable> LabelMetrics::tables(const std::string& task) const {
  const auto figures = own_figures();
  ResultTable all = summary_table(task, rows(), summary(*figures));
  std::vector<std::string> without = labels_without_area(labels_, figures->areas());
  for (std::string& label : without) label = shown(label);
  if (!without.empty())
    all.below = str("  the areas of ", task_cell(task),
                    " leave out what has no rows, or all: ", few_of(without), "\n");
  if (has_raw()) all.below += calibration_text(task, decision_, calibration());
  ResultTable classes{{"class", "precision", "recall", "F1", "95% interval of F1", "rows"}, {}};
  const size_t shown_classes = std::min(labels_.size(), kMostClasses);
  if (shown_classes < labels_.size())
    classes.below = str("  ", labels_.size() - shown_classes, " more classes of ", task_cell(task),
                        "; all are in test.json and in the JSON that eval writes\n");
  for (size_t c = 0; c < shown_classes; ++c)
    classes.rows.push_back({class_name(task, labels_[c]), fixed_text(counts_.precision(c), 4),
                            fixed_text(counts_.recall(c), 4), fixed_text(counts_.f1(c), 4),
                            interval_text(counts_.f1_interval(c)), std::to_string(counts_.support(c))});
  return {std::move(all), std::move(classes)};
}

OrderedJson LabelMetrics::to_json() const {
  OrderedJson json = {{"rows", rows()}, {"loss", loss()}};
  const auto figures = own_figures();
  const std::vector<Areas> areas = figures->areas();
  summary(*figures).write(json);
  if (has_raw()) json["calibration"] = calibration_json(decision_, calibration());
  json["labels"] = labels_;
  if (!areas.empty()) json["without_area"] = labels_without_area(labels_, areas);
  OrderedJson& per_class = json["per_class"] = OrderedJson::array();
  for (size_t c = 0; c < labels_.size(); ++c) {
    OrderedJson& own = per_class.emplace_back(OrderedJson{{"label", labels_[c]}});
    counts_.write(c, own);
    if (areas.empty() || std::isnan(areas[c].roc)) continue;
    own["roc_auc"] = areas[c].roc;
    own["pr_auc"] = areas[c].precision_recall;
  }
  if (labels_.size() > kMostClasses) {
    OrderedJson& triples = json["confusion_triples"] = OrderedJson::array();
    for (const auto& [cell, rows] : confusion_) triples.push_back({cell.first, cell.second, rows});
    return json;
  }
  const std::vector<uint64_t> none(labels_.size());
  std::vector<std::vector<uint64_t>> matrix(labels_.size(), none);
  for (const auto& [cell, rows] : confusion_) matrix[cell.first][cell.second] = rows;
  json["confusion"] = matrix;
  return json;
}

}  // namespace mtnlp
