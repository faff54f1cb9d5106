#include "tasks/label_set_figures.h"

#include <algorithm>
#include <iterator>

#include "tasks/class_counts.h"
#include "tasks/multi_label.h"
#include "tasks/ranked_rows.h"
#include "tasks/task.h"

namespace mtnlp {
namespace {

size_t count_common(const LabelSet& a, const LabelSet& b) {
  LabelSet common;
  std::ranges::set_intersection(a, b, std::back_inserter(common));
  return common.size();
}

}  // namespace

double LabelSetAnswer::f1() const {
  const size_t all = gold.size() + guess.size();
  return all == 0 ? 1 : 2 * static_cast<double>(count_common(gold, guess)) / static_cast<double>(all);
}

Reliability label_set_reliability(std::span<const LabelSetAnswer> answers, std::span<const float> logits,
                                  double temperature) {
  const size_t labels = logits.size() / answers.size();
  std::vector<double> probabilities;
  std::vector<bool> right;
  double loss = 0, brier = 0;
  for (size_t row = 0; row < answers.size(); ++row) {
    const std::span<const float> own = logits.subspan(row * labels, labels);
    loss += label_set_loss(own, answers[row].gold, temperature);
    for (const double probability : label_probabilities(own, {temperature})) {
      const bool has_label =
          std::ranges::binary_search(answers[row].gold, static_cast<uint32_t>(right.size() % labels));
      const double gap = probability - (has_label ? 1 : 0);
      brier += gap * gap;
      probabilities.push_back(probability);
      right.push_back(has_label);
    }
  }
  const std::vector<float> scores(probabilities.begin(), probabilities.end());
  const std::vector<uint32_t> once(right.size(), 1);
  return {loss / static_cast<double>(answers.size()), brier / static_cast<double>(right.size()),
          calibration_error({scores, right}, probabilities, once)};
}

LabelSetFigures::LabelSetFigures(size_t labels, std::span<const LabelSetAnswer> answers,
                                 std::span<const float> scores)
    : labels_(labels),
      answers_(answers),
      by_label_(rank_classes(labels, scores, [&](size_t row, size_t label) {
        return std::ranges::binary_search(answers[row].gold, static_cast<uint32_t>(label));
      })) {
  for (const LabelSetAnswer& answer : answers) f1_.push_back(answer.f1());
}

std::vector<Figure> LabelSetFigures::figures() const {
  return {{"sample_f1", "sample-F1"},
          {"micro_f1", "micro-F1"},
          {"macro_f1", "macro-F1"},
          {"average_precision", "average precision"},
          {"exact_match", "exact match"},
          {"micro_precision", ""},
          {"micro_recall", ""},
          {"macro_precision", ""},
          {"macro_recall", ""},
          {"roc_auc", ""},
          {"loss", "loss"}};
}

std::vector<double> LabelSetFigures::values(std::span<const uint32_t> counts) const {
  ClassCounts labels(labels_);
  double rows = 0, f1 = 0, exact = 0, loss = 0;
  for (size_t row = 0; row < answers_.size(); ++row) {
    if (counts[row] == 0) continue;
    const LabelSetAnswer& answer = answers_[row];
    const double count = counts[row];
    labels.add_sets(answer.gold, answer.guess, counts[row]);
    rows += count;
    f1 += count * f1_[row];
    exact += answer.gold == answer.guess ? count : 0;
    loss += count * answer.loss;
  }
  const auto [roc, precision_recall] = mean_areas(areas_of(by_label_, counts));
  return {f1 / rows,
          labels.micro_f1(),
          labels.macro_f1(),
          precision_recall,
          exact / rows,
          labels.micro_precision(),
          labels.micro_recall(),
          labels.macro_precision(),
          labels.macro_recall(),
          roc,
          loss / rows};
}

std::vector<Areas> LabelSetFigures::areas() const {
  return areas_of(by_label_, std::vector<uint32_t>(answers_.size(), 1));
}

}  // namespace mtnlp
