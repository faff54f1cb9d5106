#include "report/task_facts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/numbers.h"

namespace mtnlp {
namespace {

constexpr size_t kBins = 15, kRowsOfBin = 10;  // as the calibration error has them
constexpr size_t kCoveragePoints = 100;
constexpr double kAccuracies[] = {0.9, 0.95, 0.99};

/// Returns a figure of test.json; NaN where it is absent.
double figure_of(const OrderedJson& scores, const std::string& key) {
  const auto found = scores.find(key);
  return found != scores.end() && found->is_number() ? found->get<double>() : NAN;
}

Interval95 interval_of(const OrderedJson& scores, const std::string& key) {
  const auto found = scores.find(key + "_ci95");
  return found != scores.end() && found->is_array() && found->size() == 2 ? found->get<Interval95>()
                                                                          : Interval95{NAN, NAN};
}

void take_figures(const std::vector<Figure>& figures, TaskFacts& facts) {
  for (const bool in_tables : {true, false}) {
    for (const Figure& figure : figures) {
      const double value = figure_of(facts.scores, figure.key);
      if ((*figure.title != '\0') != in_tables || std::isnan(value)) continue;
      facts.figures.push_back({figure.key, in_tables ? figure.title : figure.key, value,
                               interval_of(facts.scores, figure.key), figure.own_unit});
    }
    if (in_tables) facts.headlines = facts.figures.size();
  }
}

void take_classes(TaskFacts& facts) {
  const auto share = [](const OrderedJson& own, const char* key) {
    return ShareFact{figure_of(own, key), interval_of(own, key)};
  };
  for (const OrderedJson& own : facts.scores.value("per_class", OrderedJson::array()))
    facts.classes.push_back({own["label"].get<std::string>(), own["support"].get<uint64_t>(),
                             share(own, "precision"), share(own, "recall"), share(own, "f1"),
                             figure_of(own, "threshold")});
  if (facts.scores.contains("confusion")) {
    const auto matrix = facts.scores["confusion"].get<std::vector<std::vector<uint64_t>>>();
    for (size_t gold = 0; gold < matrix.size(); ++gold)
      for (size_t guess = 0; guess < matrix[gold].size(); ++guess)
        if (matrix[gold][guess] > 0) facts.confusion.push_back({gold, guess, matrix[gold][guess]});
  }
  for (const auto& [gold, guess, rows] :
       facts.scores.value("confusion_triples", std::vector<std::tuple<size_t, size_t, uint64_t>>()))
    facts.confusion.push_back({gold, guess, rows});
}

/// Returns the bins of the rows of `figures`, and what `scores` say of their probabilities.
CalibrationFacts calibration_of(const RowFigures& figures, size_t rows, const OrderedJson& scores) {
  return {confidence_bins(figures, rows, std::clamp<size_t>(rows / kRowsOfBin, 1, kBins)),
          figure_of(scores, "calibration_error"), figure_of(scores, "brier")};
}

/// Returns what confidences tell, where they do; `scores` are those of test.json.
std::optional<ConfidenceFacts> confidence_facts(const TaskAnswers& answers, const RowFigures& figures,
                                                const OrderedJson& scores) {
  const size_t rows = answers.scored.size();
  if (!tells_confidence(figures, rows)) return std::nullopt;
  const Decision& decision = answers.task.decision;
  const OrderedJson told = scores.value("calibration", OrderedJson{{"raw", scores}, {"decided", scores}});
  ConfidenceFacts facts{std::ranges::any_of(answers.task.kind->answer_columns(), &AnswerColumn::list),
                        decision.temperature,
                        !decision.shift.empty(),
                        !decision.thresholds.empty(),
                        calibration_of(figures, rows, told["decided"]),
                        {},
                        coverage_curve(figures, rows, kCoveragePoints),
                        {}};
  if (decision != Decision()) {
    const auto metrics = metrics_of(undecided({answers.task}).front(), answers.scored);
    facts.raw = calibration_of(*metrics->row_figures(), rows, told["raw"]);
  }
  const auto validation = metrics_of(answers.task, answers.validation);
  const auto known = validation->row_figures();
  for (const double accuracy : kAccuracies) {
    TrustFact& fact = facts.trust.emplace_back(TrustFact{accuracy, {}});
    if (const auto found = coverage_for(*known, validation->rows(), accuracy))
      fact.scored = coverage_at(figures, rows, found->confidence);
  }
  return facts;
}

void take_errors(const TaskAnswers& answers, const RowFigures& figures, TaskFacts& facts) {
  std::vector<size_t> wrong;
  for (size_t i = 0; i < facts.rows; ++i)
    if (figures.error(i) > 0) wrong.push_back(i);
  facts.wrong = wrong.size();
  std::ranges::stable_sort(wrong, std::greater(), [&](size_t i) {
    return facts.confidence ? figures.confidence(i) : figures.error(i);
  });
  wrong.resize(std::min(wrong.size(), kMostErrors));
  const TaskKind& kind = *answers.task.kind;
  for (const size_t i : wrong) {
    const DatasetRow& row = answers.dataset.rows[answers.scored.ids[i]];
    facts.errors.push_back({answers.scored.ids[i],
                            answers.dataset.sources[row.source].file,
                            row.row + size_t{1},
                            shown_segments(row.text),
                            kind.text(answers.task, answers.scored.targets[i]),
                            kind.answer_text(answers.task, answers.scored.outputs.row(i)),
                            figures.confidence(i),
                            figures.error(i),
                            {}});
  }
}

OrderedJson number_or_null(double value) {
  return std::isnan(value) ? OrderedJson() : OrderedJson(value);
}

OrderedJson coverage_point(const Coverage& point) {
  return {{"confidence", point.confidence},
          {"rows", point.kept},
          {"coverage", point.share()},
          {"accuracy", point.accuracy()}};
}

OrderedJson bins_json(const std::vector<ConfidenceBin>& bins) {
  OrderedJson json = OrderedJson::array();
  for (const ConfidenceBin& bin : bins)
    json.push_back({{"rows", bin.rows},
                    {"confidence", bin.confidence},
                    {"accuracy", bin.accuracy()},
                    {"accuracy_ci95", wilson_interval(bin.right, bin.rows)}});
  return json;
}

void add_confidence(const ConfidenceFacts& facts, OrderedJson& json) {
  json["calibration_bins"] = bins_json(facts.calibration.bins);
  if (facts.raw)
    json["raw_calibration"] = {{"temperature", facts.temperature},
                               {"shifted", facts.shifted},
                               {"calibration_error", number_or_null(facts.raw->error)},
                               {"brier", number_or_null(facts.raw->brier)},
                               {"calibration_bins", bins_json(facts.raw->bins)}};
  json["coverage_curve"] = json["for_accuracies"] = OrderedJson::array();
  for (const Coverage& point : facts.coverage) json["coverage_curve"].push_back(coverage_point(point));
  for (const TrustFact& fact : facts.trust)
    json["for_accuracies"].push_back(coverage_json(fact.accuracy, fact.scored));
}

OrderedJson error_json(const WrongRow& row) {
  OrderedJson words = OrderedJson::array();
  for (const auto& [word, weight] : row.words) words.push_back({{"word", word}, {"weight", weight}});
  return {{"file", row.file},   {"row", row.row},       {"text", row.text},
          {"label", row.label}, {"answer", row.answer}, {"confidence", number_or_null(row.confidence)},
          {"error", row.error}, {"explanation", words}};
}

}  // namespace

TaskFacts task_facts(const TaskAnswers& answers) {
  const auto metrics = metrics_of(answers.task, answers.scored);
  const auto figures = metrics->row_figures();
  TaskFacts facts;
  facts.name = answers.task.name;
  facts.kind = answers.task.kind->name();
  facts.outline = answers.task.kind->outline(answers.task);
  facts.scores = metrics->to_json();
  facts.rows = metrics->rows();
  take_figures(figures->figures(), facts);
  take_classes(facts);
  facts.confidence = confidence_facts(answers, *figures, facts.scores);
  facts.slices = slices_of(*figures, answers.scored.ids, answers.groupings);
  take_errors(answers, *figures, facts);
  return facts;
}

OrderedJson task_json(const TaskFacts& task) {
  OrderedJson json = {{"kind", task.kind}, {"outline", task.outline}};
  json.update(task.scores);
  if (task.confidence) add_confidence(*task.confidence, json);
  json["slices"] = slices_json(task.slices);
  json["wrong"] = task.wrong;
  json["errors"] = OrderedJson::array();
  for (const WrongRow& row : task.errors) json["errors"].push_back(error_json(row));
  return json;
}

}  // namespace mtnlp
