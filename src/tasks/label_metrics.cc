#include "tasks/label_metrics.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/numbers.h"
#include "tasks/prediction.h"
#include "tasks/single_label.h"

namespace mtnlp {
namespace {

double ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : 0;
}

}  // namespace

std::array<double, 2> wilson_interval(uint64_t hits, uint64_t trials) {
  if (trials == 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // the normal distribution's 97.5 % point
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

LabelMetrics::LabelMetrics(std::vector<std::string> labels, Decision decision)
    : labels_(std::move(labels)),
      decision_(std::move(decision)),
      gold_(labels_.size()),
      guesses_(labels_.size()) {}

void LabelMetrics::add(Target target, std::span<const float> outputs) {
  add(class_of(target), largest_label(decided(outputs, decision_)), -log_softmax(outputs)[class_of(target)]);
}

void LabelMetrics::add(size_t gold, size_t guess, double loss) {
  ++confusion_[{gold, guess}];
  ++gold_[gold];
  ++guesses_[guess];
  count(loss);
}

uint64_t LabelMetrics::hits() const {
  uint64_t sum = 0;
  for (size_t c = 0; c < labels_.size(); ++c) sum += confusion(c, c);
  return sum;
}

uint64_t LabelMetrics::confusion(size_t gold, size_t guess) const {
  const auto found = confusion_.find({gold, guess});
  return found == confusion_.end() ? 0 : found->second;
}

double LabelMetrics::accuracy() const {
  return ratio(static_cast<double>(hits()), static_cast<double>(rows()));
}

double LabelMetrics::precision(size_t label) const {
  return ratio(static_cast<double>(confusion(label, label)), static_cast<double>(guesses_[label]));
}

double LabelMetrics::recall(size_t label) const {
  return ratio(static_cast<double>(confusion(label, label)), static_cast<double>(support(label)));
}

double LabelMetrics::f1(size_t label) const {
  return ratio(2 * static_cast<double>(confusion(label, label)),
               static_cast<double>(guesses_[label] + support(label)));
}

template <typename Score>
double LabelMetrics::macro(Score score) const {
  double sum = 0;
  size_t classes = 0;
  for (size_t c = 0; c < labels_.size(); ++c)
    if (support(c) + guesses_[c] > 0) {
      sum += score(c);
      ++classes;
    }
  return ratio(sum, static_cast<double>(classes));
}

double LabelMetrics::macro_f1() const {
  return macro([this](size_t c) { return f1(c); });
}

double LabelMetrics::macro_recall() const {
  return macro([this](size_t c) { return recall(c); });
}

std::array<double, 2> LabelMetrics::accuracy_ci95() const {
  return wilson_interval(hits(), rows());
}

std::vector<Figure> label_figures() {
  return {{"accuracy", "accuracy", true},
          {"macro_f1", "macro-F1", true, true},
          {"macro_recall", "macro-recall", true}};
}

std::vector<double> LabelMetrics::figures() const {
  return {accuracy(), macro_f1(), macro_recall()};
}

std::vector<ResultTable> LabelMetrics::tables(const std::string& task) const {
  const auto interval = accuracy_ci95();
  ResultTable all{{"task", "rows", "accuracy", "95% interval", "macro-F1", "macro-recall", "loss"},
                  {{task_cell(task), std::to_string(rows()), fixed_text(accuracy(), 4),
                    fixed_text(interval[0], 4) + " - " + fixed_text(interval[1], 4),
                    fixed_text(macro_f1(), 4), fixed_text(macro_recall(), 4), fixed_text(loss(), 4)}}};
  ResultTable classes{{"class", "precision", "recall", "F1", "rows"}, {}};
  const size_t shown_classes = std::min(labels_.size(), kMostClasses);
  if (shown_classes < labels_.size())
    classes.below = str("  ", labels_.size() - shown_classes, " more classes of ", task_cell(task),
                        "; all are in test.json and in the JSON that eval writes\n");
  for (size_t c = 0; c < shown_classes; ++c)
    classes.rows.push_back({class_name(task, labels_[c]), fixed_text(precision(c), 4),
                            fixed_text(recall(c), 4), fixed_text(f1(c), 4), std::to_string(support(c))});
  return {std::move(all), std::move(classes)};
}

OrderedJson LabelMetrics::to_json() const {
  OrderedJson json = {{"rows", rows()},         {"loss", loss()},
                      {"accuracy", accuracy()}, {"accuracy_ci95", accuracy_ci95()},
                      {"macro_f1", macro_f1()}, {"macro_recall", macro_recall()},
                      {"labels", labels_}};
  OrderedJson& per_class = json["per_class"] = OrderedJson::array();
  for (size_t c = 0; c < labels_.size(); ++c)
    per_class.push_back({{"label", labels_[c]},
                         {"precision", precision(c)},
                         {"recall", recall(c)},
                         {"f1", f1(c)},
                         {"support", support(c)}});
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
