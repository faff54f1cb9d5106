#include "report/task_facts.h"

#include <algorithm>
#include <cmath>
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
      facts.figures.push_back(
          {figure.key, in_tables ? figure.title : figure.key, value, interval_of(facts.scores, figure.key)});
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
                             share(own, "precision"), share(own, "recall"), share(own, "f1")});
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

CalibrationFacts calibration_of(const RowFigures& figures, size_t rows) {
  CalibrationFacts facts{confidence_bins(figures, rows, std::clamp<size_t>(rows / kRowsOfBin, 1, kBins)), NAN,
                         NAN};
  const std::vector<uint32_t> once(rows, 1);
  const std::vector<Figure> names = figures.figures();
  const std::vector<double> values = figures.values(once);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].key == std::string("calibration_error")) facts.error = values[i];
    if (names[i].key == std::string("brier")) facts.brier = values[i];
  }
  return facts;
}

/// Adds what confidences tell, where they do.
void take_confidences(const TaskAnswers& answers, const RowFigures& figures, TaskFacts& facts) {
  if (!tells_confidence(figures, facts.rows)) return;
  facts.calibration = calibration_of(figures, facts.rows);
  if (answers.task.decision != Decision()) {
    const Task raw = undecided({answers.task}).front();
    const auto metrics = metrics_of(raw, answers.scored);
    facts.raw_calibration = calibration_of(*metrics->row_figures(), facts.rows);
  }
  facts.coverage = coverage_curve(figures, facts.rows, kCoveragePoints);
  const auto validation = metrics_of(answers.task, answers.validation);
  const auto known = validation->row_figures();
  for (const double accuracy : kAccuracies) {
    TrustFact& fact = facts.trust.emplace_back(TrustFact{accuracy, {}});
    if (const auto found = coverage_for(*known, validation->rows(), accuracy))
      fact.scored = coverage_at(figures, facts.rows, found->confidence);
  }
}

void take_errors(const TaskAnswers& answers, const RowFigures& figures, TaskFacts& facts) {
  std::vector<size_t> wrong;
  for (size_t i = 0; i < facts.rows; ++i)
    if (figures.error(i) > 0) wrong.push_back(i);
  facts.wrong = wrong.size();
  std::ranges::stable_sort(wrong, [&](size_t a, size_t b) {
    const double of_a = figures.confidence(a), of_b = figures.confidence(b);
    return std::isnan(of_a) || std::isnan(of_b) ? figures.error(a) > figures.error(b) : of_a > of_b;
  });
  wrong.resize(std::min(wrong.size(), kMostErrors));
  const TaskKind& kind = *answers.task.kind;
  for (const size_t i : wrong) {
    const DatasetRow& row = answers.dataset.rows[answers.scored.ids[i]];
    facts.errors.push_back({answers.dataset.sources[row.source].file, row.row + size_t{1}, row.text,
                            kind.text(answers.task, answers.scored.targets[i]),
                            kind.answer(answers.task, answers.scored.outputs.row(i)).front(),
                            figures.confidence(i), figures.error(i)});
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

OrderedJson error_json(const WrongRow& row) {
  return {{"file", row.file},   {"row", row.row},       {"text", row.text},
          {"label", row.label}, {"answer", row.answer}, {"confidence", number_or_null(row.confidence)},
          {"error", row.error}};
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
  facts.temperature = answers.task.decision.temperature;
  facts.shifted = !answers.task.decision.shift.empty();
  take_figures(figures->figures(), facts);
  take_classes(facts);
  take_confidences(answers, *figures, facts);
  take_errors(answers, *figures, facts);
  return facts;
}

OrderedJson task_json(const TaskFacts& task) {
  OrderedJson json = {{"kind", task.kind}, {"outline", task.outline}};
  json.update(task.scores);
  if (task.calibration) json["calibration_bins"] = bins_json(task.calibration->bins);
  if (task.raw_calibration)
    json["raw_calibration"] = {{"temperature", task.temperature},
                               {"shifted", task.shifted},
                               {"calibration_error", number_or_null(task.raw_calibration->error)},
                               {"brier", number_or_null(task.raw_calibration->brier)},
                               {"calibration_bins", bins_json(task.raw_calibration->bins)}};
  if (!task.coverage.empty()) json["coverage_curve"] = OrderedJson::array();
  for (const Coverage& point : task.coverage) json["coverage_curve"].push_back(coverage_point(point));
  if (!task.trust.empty()) json["for_accuracies"] = OrderedJson::array();
  for (const TrustFact& fact : task.trust)
    json["for_accuracies"].push_back(coverage_json(fact.accuracy, fact.scored));
  json["wrong"] = task.wrong;
  json["errors"] = OrderedJson::array();
  for (const WrongRow& row : task.errors) json["errors"].push_back(error_json(row));
  return json;
}

}  // namespace mtnlp
