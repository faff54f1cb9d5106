#include "tasks/label_set_metrics.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/labels.h"
#include "tasks/multi_label.h"

namespace mtnlp {
namespace {

/// Returns the labels in `answer`: a list of strings in JSON, or texts with `separator` between them.
std::vector<std::string> labels_of_answer(const std::string& answer, const std::string& separator) {
  std::vector<std::string> labels;
  if (answer.starts_with('[')) try {
      for (const Json& item : parse_json<Json>(answer)) labels.push_back(item.get<std::string>());
      return labels;
    } catch (const JsonError&) {  // a label may begin so
    } catch (const Json::exception&) {
      fail_input("the answer ", shown(answer), " is not a list of strings");
    }
  for (const std::string_view piece : pieces_of(answer, separator))
    if (!trim(piece).empty()) labels.emplace_back(trim(piece));
  return labels;
}

}  // namespace

std::vector<Figure> label_set_figures() {
  return {{"average_precision", "average precision", true, true},
          {"micro_f1", "micro-F1", true},
          {"sample_f1", "sample-F1", true}};
}

LabelSetMetrics::LabelSetMetrics(std::vector<std::string> labels, Decision decision)
    : labels_(std::move(labels)), known_(labels_.size()), decision_(std::move(decision)), counts_(known_) {}

void LabelSetMetrics::add(Target target, std::span<const float> outputs) {
  LabelSetAnswer answer{
      {target.set().begin(), target.set().end()}, {}, label_set_loss(outputs, target.set()), 1};
  const std::vector<double> probabilities = label_probabilities(outputs, decision_);
  answer.guess = given_labels(probabilities, decision_);
  for (uint32_t label = 0; label < outputs.size(); ++label) {
    const double p = probabilities[label];
    answer.confidence =
        std::min(answer.confidence, std::ranges::binary_search(answer.guess, label) ? p : 1 - p);
  }
  std::ranges::copy(outputs, std::back_inserter(scores_));
  add(std::move(answer));
}

bool LabelSetMetrics::add_answer(Target target, const std::string& answer, const std::string& separator) {
  if (index_.empty())
    for (uint32_t label = 0; label < labels_.size(); ++label) index_[labels_[label]] = label;
  LabelSetAnswer row{{target.set().begin(), target.set().end()}, {}};
  for (const std::string& label : labels_of_answer(answer, separator)) {
    const auto [found, is_new] = index_.emplace(label, static_cast<uint32_t>(labels_.size()));
    if (is_new) {
      labels_.push_back(label);
      counts_.add_class();
    }
    row.guess.push_back(found->second);
  }
  make_set(row.guess);
  const bool known = row.guess.empty() || row.guess.back() < known_;
  add(std::move(row));
  return known;
}

void LabelSetMetrics::add_rows(const TaskMetrics& other) {
  const auto& theirs = dynamic_cast<const LabelSetMetrics&>(other);
  std::ranges::copy(theirs.scores_, std::back_inserter(scores_));
  for (const LabelSetAnswer& answer : theirs.answers_) add(answer);
}

void LabelSetMetrics::add(LabelSetAnswer answer) {
  counts_.add_sets(answer.gold, answer.guess);
  count(answer.loss);
  answers_.push_back(std::move(answer));
}

double LabelSetMetrics::threshold(size_t label) const {
  return label < decision_.thresholds.size() ? decision_.thresholds[label] : 0.5;
}

std::unique_ptr<const LabelSetFigures> LabelSetMetrics::own_figures(size_t most_ranked) const {
  const bool scored = scores_.size() == answers_.size() * labels_.size() && labels_.size() <= most_ranked;
  return std::make_unique<LabelSetFigures>(labels_.size(), answers_,
                                           scored ? std::span(scores_) : std::span<const float>());
}

std::vector<Areas> LabelSetMetrics::areas() const {
  return own_figures(labels_.size())->areas();
}

std::vector<double> LabelSetMetrics::figures() const {
  double sample_f1 = 0;
  for (const LabelSetAnswer& answer : answers_) sample_f1 += answer.f1();
  const double precision_recall = mean_areas(areas()).precision_recall;
  return {precision_recall, counts_.micro_f1(),
          answers_.empty() ? 0 : sample_f1 / static_cast<double>(answers_.size())};
}

Summary LabelSetMetrics::summary(const std::vector<Areas>& areas) const {
  Summary summary = summarize(*own_figures(kMostClasses), answers_.size());
  const auto [roc, precision_recall] = mean_areas(areas);
  for (size_t i = 0; i < summary.figures.size(); ++i) {
    const std::string key = summary.figures[i].key;
    if (std::isnan(summary.values[i]))
      summary.values[i] = key == "average_precision" ? precision_recall : key == "roc_auc" ? roc : NAN;
  }
  return summary;
}

/// With a temperature of 1 both sides of the decision have the same probabilities.
bool LabelSetMetrics::has_raw() const {
  return decision_.temperature != 1 && rows() > 0 && scores_.size() == answers_.size() * labels_.size();
}

Calibration LabelSetMetrics::calibration() const {
  return {label_set_reliability(answers_, scores_, 1),
          label_set_reliability(answers_, scores_, decision_.temperature)};
}

std::vector<ResultTable> LabelSetMetrics::tables(const std::string& task) const {
  ResultTable all = summary_table(task, rows(), summary(areas()));
  if (has_raw()) all.below += calibration_text(task, decision_, calibration());
  ResultTable labels{{"label", "threshold", "precision", "recall", "F1", "95% interval of F1", "rows"}, {}};
  const size_t shown_labels = std::min(labels_.size(), kMostClasses);
  if (shown_labels < labels_.size())
    labels.below = str("  ", labels_.size() - shown_labels, " more labels of ", task_cell(task),
                       "; all are in test.json and in the JSON that eval writes\n");
  for (size_t label = 0; label < shown_labels; ++label)
    labels.rows.push_back({class_name(task, labels_[label]), fixed_text(threshold(label), 4),
                           fixed_text(counts_.precision(label), 4), fixed_text(counts_.recall(label), 4),
                           fixed_text(counts_.f1(label), 4), interval_text(counts_.f1_interval(label)),
                           std::to_string(counts_.support(label))});
  return {std::move(all), std::move(labels)};
}

OrderedJson LabelSetMetrics::to_json() const {
  OrderedJson json = {{"rows", rows()}, {"loss", loss()}};
  const std::vector<Areas> areas = this->areas();
  if (rows() > 0) summary(areas).write(json);
  const std::vector<double> values = figures();
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) json.emplace(label_set_figures()[i].key, values[i]);
  if (has_raw()) json["calibration"] = calibration_json(decision_, calibration());
  json["labels"] = labels_;
  OrderedJson& without = json["without_area"] = OrderedJson::array();
  OrderedJson& per_class = json["per_class"] = OrderedJson::array();
  for (size_t label = 0; label < labels_.size(); ++label) {
    OrderedJson& own =
        per_class.emplace_back(OrderedJson{{"label", labels_[label]}, {"threshold", threshold(label)}});
    counts_.write(label, own);
    if (label >= areas.size()) continue;
    if (std::isnan(areas[label].roc)) {
      without.push_back(labels_[label]);
      continue;
    }
    own["roc_auc"] = areas[label].roc;
    own["pr_auc"] = areas[label].precision_recall;
  }
  return json;
}

}  // namespace mtnlp
