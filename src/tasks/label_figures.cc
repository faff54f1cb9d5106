#include "tasks/label_figures.h"

#include <cmath>

#include "tasks/class_counts.h"

namespace mtnlp {
namespace {

RankedRows rank_by_confidence(std::span<const LabelAnswer> answers) {
  std::vector<float> scores;
  std::vector<bool> right;
  for (const LabelAnswer& answer : answers) {
    if (std::isnan(answer.confidence)) return {{}, {}};
    scores.push_back(static_cast<float>(answer.confidence));
    right.push_back(answer.gold == answer.guess);
  }
  return {scores, right};
}

}  // namespace

Reliability reliability_of(std::span<const LabelAnswer> answers) {
  const std::vector<uint32_t> once(answers.size(), 1);
  const RankedRows ranked = rank_by_confidence(answers);
  const auto rows = static_cast<double>(answers.size());
  std::vector<double> confidences;
  double loss = 0, brier = 0;
  for (const LabelAnswer& answer : answers) {
    confidences.push_back(answer.confidence);
    loss += answer.own_loss;
    brier += answer.brier;
  }
  return {loss / rows, brier / rows,
          ranked.places().empty() ? NAN : calibration_error(ranked, confidences, once)};
}

LabelFigures::LabelFigures(size_t classes, std::span<const LabelAnswer> answers,
                           std::span<const float> scores)
    : classes_(classes),
      answers_(answers),
      by_confidence_(rank_by_confidence(answers)),
      by_class_(rank_classes(classes, scores,
                             [&](size_t row, size_t label) { return answers[row].gold == label; })) {
  for (const LabelAnswer& answer : answers) confidences_.push_back(answer.confidence);
}

std::vector<Figure> LabelFigures::figures() const {
  return {{"accuracy", "accuracy"},
          {"macro_f1", "macro-F1"},
          {"macro_recall", "macro-recall"},
          {"macro_precision", ""},
          {"weighted_f1", ""},
          {"weighted_precision", ""},
          {"balanced_accuracy", ""},
          {"mcc", "MCC"},
          {"roc_auc", "ROC area"},
          {"pr_auc", "PR area"},
          {"loss", "loss"},
          {"brier", ""},
          {"calibration_error", "calibration error"}};
}

std::vector<double> LabelFigures::values(std::span<const uint32_t> counts) const {
  ClassCounts classes(classes_);
  double rows = 0, loss = 0, brier = 0;
  for (size_t row = 0; row < answers_.size(); ++row) {
    if (counts[row] == 0) continue;
    const LabelAnswer& answer = answers_[row];
    const double count = counts[row];
    classes.add(answer.gold, answer.guess, counts[row]);
    rows += count;
    loss += count * answer.loss;
    brier += count * answer.brier;
  }
  const Areas areas = mean_areas(areas_of(by_class_, counts));
  return {classes.accuracy(),
          classes.macro_f1(),
          classes.macro_recall(),
          classes.macro_precision(),
          classes.weighted_f1(),
          classes.weighted_precision(),
          classes.balanced_accuracy(),
          classes.mcc(),
          areas.roc,
          areas.precision_recall,
          loss / rows,
          brier / rows,
          by_confidence_.places().empty() ? NAN : calibration_error(by_confidence_, confidences_, counts)};
}

std::vector<Areas> LabelFigures::areas() const {
  return areas_of(by_class_, std::vector<uint32_t>(answers_.size(), 1));
}

}  // namespace mtnlp
