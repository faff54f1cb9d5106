#include "tasks/metrics.h"

#include <cmath>
#include <limits>

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

TaskMetrics::TaskMetrics(std::vector<std::string> labels)
    : labels_(std::move(labels)), gold_(labels_.size()), guesses_(labels_.size()) {}

void TaskMetrics::add(size_t gold, size_t guess, double loss) {
  ++confusion_[{gold, guess}];
  ++gold_[gold];
  ++guesses_[guess];
  ++rows_;
  loss_sum_ += loss;
}

double TaskMetrics::loss() const {
  return rows_ == 0 ? std::numeric_limits<double>::quiet_NaN() : loss_sum_ / static_cast<double>(rows_);
}

uint64_t TaskMetrics::hits() const {
  uint64_t sum = 0;
  for (size_t c = 0; c < labels_.size(); ++c) sum += confusion(c, c);
  return sum;
}

uint64_t TaskMetrics::confusion(size_t gold, size_t guess) const {
  const auto found = confusion_.find({gold, guess});
  return found == confusion_.end() ? 0 : found->second;
}

double TaskMetrics::accuracy() const {
  return ratio(static_cast<double>(hits()), static_cast<double>(rows_));
}

double TaskMetrics::precision(size_t label) const {
  return ratio(static_cast<double>(confusion(label, label)), static_cast<double>(guesses_[label]));
}

double TaskMetrics::recall(size_t label) const {
  return ratio(static_cast<double>(confusion(label, label)), static_cast<double>(support(label)));
}

double TaskMetrics::f1(size_t label) const {
  return ratio(2 * static_cast<double>(confusion(label, label)),
               static_cast<double>(guesses_[label] + support(label)));
}

template <typename Score>
double TaskMetrics::macro(Score score) const {
  double sum = 0;
  size_t classes = 0;
  for (size_t c = 0; c < labels_.size(); ++c)
    if (support(c) + guesses_[c] > 0) {
      sum += score(c);
      ++classes;
    }
  return ratio(sum, static_cast<double>(classes));
}

double TaskMetrics::macro_f1() const {
  return macro([this](size_t c) { return f1(c); });
}

double TaskMetrics::macro_recall() const {
  return macro([this](size_t c) { return recall(c); });
}

std::array<double, 2> TaskMetrics::accuracy_ci95() const {
  return wilson_interval(hits(), rows_);
}

OrderedJson TaskMetrics::to_json() const {
  OrderedJson json = {{"rows", rows_},          {"loss", loss()},
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
