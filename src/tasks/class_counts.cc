#include "tasks/class_counts.h"

#include <cmath>
#include <numeric>

namespace mtnlp {
namespace {

double ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : 0;
}

double ratio(uint64_t numerator, uint64_t denominator) {
  return ratio(static_cast<double>(numerator), static_cast<double>(denominator));
}

uint64_t sum(const std::vector<uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

}  // namespace

void ClassCounts::add_sets(std::span<const uint32_t> gold, std::span<const uint32_t> guess, uint64_t rows) {
  for (const uint32_t label : gold) gold_[label] += rows;
  for (const uint32_t label : guess) guesses_[label] += rows;
  for (auto own = gold.begin(), other = guess.begin(); own != gold.end() && other != guess.end();) {
    if (*own == *other) {
      hits_[*own] += rows;
      all_hits_ += rows;
    }
    const bool behind = *own < *other;
    own += *own <= *other ? 1 : 0;
    other += behind ? 0 : 1;
  }
}

uint64_t ClassCounts::rows() const {
  return sum(gold_);
}

double ClassCounts::precision(size_t label) const {
  return ratio(hits_[label], guesses_[label]);
}

double ClassCounts::recall(size_t label) const {
  return ratio(hits_[label], gold_[label]);
}

double ClassCounts::f1(size_t label) const {
  return ratio(2 * hits_[label], guesses_[label] + gold_[label]);
}

Interval95 ClassCounts::f1_interval(size_t label) const {
  const auto [low, high] = wilson_interval(hits_[label], guesses_[label] + gold_[label] - hits_[label]);
  return {2 * low / (1 + low), 2 * high / (1 + high)};
}

void ClassCounts::write(size_t label, OrderedJson& json) const {
  json["precision"] = precision(label);
  json["recall"] = recall(label);
  json["f1"] = f1(label);
  json["support"] = support(label);
  json["precision_ci95"] = precision_interval(label);
  json["recall_ci95"] = recall_interval(label);
  json["f1_ci95"] = f1_interval(label);
}

template <typename Score>
double ClassCounts::macro(Score score) const {
  double sum = 0;
  uint64_t classes = 0;
  for (size_t c = 0; c < gold_.size(); ++c)
    if (gold_[c] + guesses_[c] > 0) {
      sum += score(c);
      ++classes;
    }
  return ratio(sum, static_cast<double>(classes));
}

template <typename Score>
double ClassCounts::weighted(Score score) const {
  double sum = 0;
  for (size_t c = 0; c < gold_.size(); ++c) sum += static_cast<double>(gold_[c]) * score(c);
  return ratio(sum, static_cast<double>(rows()));
}

double ClassCounts::accuracy() const {
  return ratio(all_hits_, rows());
}

double ClassCounts::micro_precision() const {
  return ratio(all_hits_, sum(guesses_));
}

double ClassCounts::micro_recall() const {
  return ratio(all_hits_, sum(gold_));
}

double ClassCounts::micro_f1() const {
  return ratio(2 * all_hits_, sum(guesses_) + sum(gold_));
}

double ClassCounts::balanced_accuracy() const {
  double sum = 0;
  uint64_t classes = 0;
  for (size_t c = 0; c < gold_.size(); ++c)
    if (gold_[c] > 0) {
      sum += recall(c);
      ++classes;
    }
  return ratio(sum, static_cast<double>(classes));
}

double ClassCounts::macro_precision() const {
  return macro([this](size_t c) { return precision(c); });
}

double ClassCounts::macro_recall() const {
  return macro([this](size_t c) { return recall(c); });
}

double ClassCounts::macro_f1() const {
  return macro([this](size_t c) { return f1(c); });
}

double ClassCounts::weighted_precision() const {
  return weighted([this](size_t c) { return precision(c); });
}

double ClassCounts::weighted_f1() const {
  return weighted([this](size_t c) { return f1(c); });
}

double ClassCounts::mcc() const {
  const auto all = static_cast<double>(rows());
  double of_both = 0, of_gold = 0, of_guesses = 0;
  for (size_t c = 0; c < gold_.size(); ++c) {
    const auto gold = static_cast<double>(gold_[c]), guesses = static_cast<double>(guesses_[c]);
    of_both += gold * guesses;
    of_gold += gold * gold;
    of_guesses += guesses * guesses;
  }
  const double spread = std::sqrt(all * all - of_gold) * std::sqrt(all * all - of_guesses);
  return ratio(static_cast<double>(all_hits_) * all - of_both, spread);
}

}  // namespace mtnlp
