#include "tasks/number_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/numbers.h"
#include "base/printable.h"

namespace mtnlp {
namespace {

/// Says whether two rows that count have different values. A spread above 0 does not: it may be one of rounding.
bool varies(std::span<const double> values, std::span<const uint32_t> counts) {
  const double* first = nullptr;
  for (size_t i = 0; i < values.size(); ++i) {
    if (counts[i] == 0) continue;
    if (first == nullptr) first = &values[i];
    if (values[i] != *first) return true;
  }
  return false;
}

/// Returns Pearson's correlation of two lists where row i counts counts[i] times; 0 where one does not vary.
double correlation(std::span<const double> a, std::span<const double> b, std::span<const uint32_t> counts) {
  if (!varies(a, counts) || !varies(b, counts)) return 0;
  double rows = 0, sum_a = 0, sum_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    rows += counts[i];
    sum_a += counts[i] * a[i];
    sum_b += counts[i] * b[i];
  }
  const double mean_a = sum_a / rows, mean_b = sum_b / rows;
  double squares_a = 0, squares_b = 0, products = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double to_a = a[i] - mean_a, to_b = b[i] - mean_b;
    squares_a += counts[i] * to_a * to_a;
    squares_b += counts[i] * to_b * to_b;
    products += counts[i] * to_a * to_b;
  }
  const double spread = std::sqrt(squares_a) * std::sqrt(squares_b);
  return spread > 0 ? std::clamp(products / spread, -1.0, 1.0) : 0;
}

}  // namespace

std::vector<Figure> number_figures() {
  return {{"r2", "R²", true, true}, {"pearson", "Pearson", true}, {"spearman", "Spearman", true}};
}

NumberFigures::NumberFigures(std::span<const NumberAnswer> answers)
    : answers_(answers),
      by_gold_(places_by(&NumberAnswer::gold)),
      by_guess_(places_by(&NumberAnswer::guess)) {
  for (const NumberAnswer& answer : answers) {
    gold_.push_back(answer.gold);
    guess_.push_back(answer.guess);
  }
}

std::vector<NumberFigures::Place> NumberFigures::places_by(double NumberAnswer::*number) const {
  std::vector<uint32_t> order(answers_.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto key = [&](uint32_t row) { return answers_[row].*number; };
  std::ranges::sort(order, {}, key);
  std::vector<Place> places;
  for (size_t i = 0; i < order.size(); ++i)
    places.push_back({order[i], i + 1 == order.size() || key(order[i + 1]) != key(order[i])});
  return places;
}

std::vector<double> NumberFigures::ranks(const std::vector<Place>& places, std::span<const uint32_t> counts) {
  std::vector<double> ranks(places.size());
  double before = 0, tied = 0;
  for (size_t i = 0, first = 0; i < places.size(); ++i) {
    tied += counts[places[i].row];
    if (!places[i].last) continue;
    for (; first <= i; ++first) ranks[places[first].row] = before + (tied + 1) / 2;
    before += tied;
    tied = 0;
  }
  return ranks;
}

std::vector<Figure> NumberFigures::figures() const {
  return {{"r2", "R²"},
          {"mae", "mean absolute error"},
          {"rmse", "root mean squared error"},
          {"pearson", "Pearson"},
          {"spearman", "Spearman"},
          {.key = "loss", .title = "loss", .own_unit = true}};
}

std::vector<double> NumberFigures::values(std::span<const uint32_t> counts) const {
  double rows = 0, sum = 0, absolute = 0, squares = 0, spread = 0, loss = 0;
  for (size_t i = 0; i < answers_.size(); ++i) {
    const double count = counts[i];
    rows += count;
    sum += count * gold_[i];
    absolute += count * std::abs(guess_[i] - gold_[i]);
    squares += count * error(i);
    loss += count * answers_[i].loss;
  }
  const double mean = sum / rows;
  for (size_t i = 0; i < answers_.size(); ++i) spread += counts[i] * (gold_[i] - mean) * (gold_[i] - mean);
  const double r2 = varies(gold_, counts) && spread > 0 ? 1 - squares / spread : squares > 0 ? 0 : 1;
  return {r2,
          absolute / rows,
          std::sqrt(squares / rows),
          correlation(gold_, guess_, counts),
          correlation(ranks(by_gold_, counts), ranks(by_guess_, counts), counts),
          loss / rows};
}

double NumberFigures::error(size_t row) const {
  const double gap = guess_[row] - gold_[row];
  return gap * gap;
}

double NumberFigures::confidence(size_t /*row*/) const {
  return NAN;
}

void NumberMetrics::add(Target target, std::span<const float> outputs) {
  add(target.value(), scale_.mean + scale_.deviation * outputs[0]);
}

bool NumberMetrics::add_answer(Target target, const std::string& answer, const std::string& /*separator*/) {
  const auto value = parse_number<double>(answer);
  if (!value || !std::isfinite(*value)) fail_input("the answer ", shown(answer), " is not a finite number");
  add(target.value(), *value);
  return true;
}

void NumberMetrics::add_rows(const TaskMetrics& other) {
  const auto& theirs = dynamic_cast<const NumberMetrics&>(other);
  for (const NumberAnswer& answer : theirs.answers_) {
    answers_.push_back(answer);
    count(answer.loss);
  }
}

void NumberMetrics::add(double gold, double guess) {
  const double gap = (guess - gold) / scale_.deviation;
  answers_.push_back({gold, guess, gap * gap});
  count(gap * gap);
}

std::unique_ptr<const RowFigures> NumberMetrics::row_figures() const {
  return std::make_unique<NumberFigures>(answers_);
}

std::vector<double> NumberMetrics::figures() const {
  if (answers_.empty()) return {0, 0, 0};
  const std::vector<uint32_t> once(answers_.size(), 1);
  const std::vector<double> all = NumberFigures(answers_).values(once);
  return {all[0], all[3], all[4]};
}

OrderedJson NumberMetrics::to_json() const {
  OrderedJson json = {{"rows", rows()}, {"loss", loss()}};
  if (rows() > 0) summarize(*row_figures(), answers_.size()).write(json);
  const std::vector<double> values = figures();
  for (size_t i = 0; i < values.size(); ++i) json.emplace(number_figures()[i].key, values[i]);
  return json;
}

std::vector<ResultTable> NumberMetrics::tables(const std::string& task) const {
  return {summary_table(task, rows(), summarize(*row_figures(), answers_.size()))};
}

}  // namespace mtnlp
