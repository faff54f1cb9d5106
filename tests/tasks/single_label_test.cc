#include "tasks/single_label.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tasks/prediction.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const TaskKind& kind() {
  return single_label();
}

TargetCell cell(std::string_view text, std::optional<Cell> type = std::nullopt) {
  return {text, type, [] { return std::string("a.csv:7"); }};
}

/// Reads `cells` and settles the task.
std::vector<Target> read_all(TargetReader& reader, Task& task, const std::vector<std::string>& cells) {
  std::vector<Target> targets;
  for (const std::string& text : cells) targets.push_back(reader.read(cell(text)));
  reader.settle(task, "a.csv");
  for (Target& target : targets) target = reader.settled(target);
  return targets;
}

TEST(TaskKinds, AreFoundByName) {
  EXPECT_EQ(task_kinds().front(), &default_task_kind());
  EXPECT_EQ(Task{"topic"}.kind, &single_label());
  for (const TaskKind* each : task_kinds()) EXPECT_EQ(&find_task_kind(each->name(), "here"), each);
  expect_error([] { find_task_kind("single-labels", "a.json"); },
               {"a.json: ", "\"single-labels\"", "single-label", "did you mean"});
}

TEST(TaskKinds, OneFigureOfEachChoosesAndStandsInMetricsCsv) {
  for (const TaskKind* each : task_kinds()) {
    const std::vector<Figure> figures = each->figures();
    EXPECT_EQ(std::ranges::count(figures, true, &Figure::chooses), 1) << each->name();
    for (const Figure& figure : figures) EXPECT_TRUE(figure.of_epoch || !figure.chooses) << figure.key;
    const Task task{"t", {"a", "b"}, each};
    EXPECT_EQ(each->make_metrics(task)->figures().size(), figures.size());
    const auto metrics = each->make_metrics(task);
    const std::vector<Figure> of_rows = metrics->row_figures()->figures();
    for (const Figure& figure : figures)
      EXPECT_TRUE(std::ranges::any_of(of_rows, [&](const Figure& own) {
        return std::string_view(own.key) == figure.key;
      })) << figure.key;
  }
}

TEST(TaskKinds, RowsOfSeveralMetricsAddUp) {
  const std::map<std::string, std::vector<std::string>> cells = {
      {"single-label", {"a", "b", "c", "a", "b", "a"}},
      {"multilabel", {"a", "a|b", "b|c", "a", "b", "c"}},
      {"regression", {"1", "2.5", "0", "4", "3", "-1"}}};
  for (const TaskKind* each : task_kinds()) {
    SCOPED_TRACE(each->name());
    Task task{"t", {}, each};
    const auto reader = each->make_reader("t", {});
    const std::vector<Target> targets = read_all(*reader, task, cells.at(each->name()));
    each->learn(task, targets);
    const auto all = each->make_metrics(task), sum = each->make_metrics(task);
    for (const size_t first : {0, 3}) {
      const auto part = each->make_metrics(task);
      for (size_t i = first; i < first + 3; ++i) {
        const std::vector<float> outputs = {0.5F * static_cast<float>(i), 1.5F, 0.7F};
        for (TaskMetrics* metrics : {all.get(), part.get()})
          metrics->add(targets[i], std::span(outputs).first(outputs_of(task)));
      }
      sum->add_rows(*part);
    }
    EXPECT_EQ(sum->rows(), 6U);
    EXPECT_EQ(sum->to_json(), all->to_json());
  }
}

TEST(Targets, NoneEqualsNone) {
  EXPECT_TRUE(kNoTarget.is_none());
  EXPECT_EQ(kNoTarget, Target());
  EXPECT_NE(kNoTarget, Target(0));
  EXPECT_EQ(Target(2), Target(2));
  EXPECT_NE(Target(2), Target(1));
}

TEST(SingleLabel, LabelsAreSortedWhenTheyAreSettled) {
  const auto reader = kind().make_reader("mood", {{"nan"}});
  Task task{"mood"};
  EXPECT_THAT(read_all(*reader, task, {"up", "down", " up ", "", "nan", "even"}),
              ElementsAre(Target(2), Target(0), Target(2), kNoTarget, kNoTarget, Target(1)));
  EXPECT_THAT(task.labels, ElementsAre("down", "even", "up"));
  EXPECT_EQ(reader->read(cell("up")), Target(2));  // a given part
  expect_error([&] { reader->read(cell("new")); },
               {"a.csv:7: ", "\"new\"", "is not in those of its task files: down, even, up"});
}

TEST(SingleLabel, KnownLabelsKeepTheirOrder) {
  const auto reader = kind().make_reader("mood", {});
  Task task{"mood"};
  reader->know({"mood", {"up", "down", "even"}}, "--labels");
  const std::vector<Target> targets = read_all(*reader, task, {"down", "up"});
  EXPECT_THAT(targets, ElementsAre(Target(1), Target(0)));
  EXPECT_THAT(task.labels, ElementsAre("up", "down", "even"));
  EXPECT_THAT(reader->gaps(task, targets), ElementsAre("task \"mood\": no row has the label \"even\""));
  EXPECT_THAT(reader->doubts(task, targets), IsEmpty());
}

TEST(SingleLabel, OneLabelIsNothingToTellApart) {
  const auto reader = kind().make_reader("mood", {});
  Task task{"mood"};
  expect_error(
      [&] {
        read_all(*reader, task, {"up", "up"});
      },
      {"task \"mood\" has only the label \"up\" in a.csv", "at least two"});
  EXPECT_EQ(kind().fault({"mood", {"up"}}), "has fewer than 2 labels");
  EXPECT_EQ(kind().fault({"mood", {"up", "down"}}), "");
}

TEST(SingleLabel, DoubtsAboutLabelsAndHowTheyWereWritten) {
  const auto reader = kind().make_reader("mood", {});
  Task task{"mood"};
  reader->read(cell("1", Cell::kNumber));
  reader->read(cell("1", Cell::kText));
  const std::vector<Target> targets = read_all(*reader, task, {"N/A", "1"});
  EXPECT_THAT(reader->doubts(task, targets),
              ElementsAre(HasSubstr("\"N/A\" (1 row) may stand for a missing")));
  EXPECT_THAT(reader->mixtures(task), ElementsAre(HasSubstr("JSON has \"1\" (a number or a string)")));
  EXPECT_TRUE(kind().takes(Cell::kNumber) && kind().takes(Cell::kText) && kind().takes(Cell::kNull));
  EXPECT_FALSE(kind().takes(Cell::kList) || kind().takes(Cell::kObject));
}

TEST(SingleLabel, EachLabelIsAStratumAndAnOutput) {
  const Task task{"mood", {"up", "down"}};
  const Strata strata = kind().strata(task, {});
  EXPECT_EQ(strata.names, task.labels);
  EXPECT_THAT(strata.of(1), ElementsAre(1));
  EXPECT_EQ(outputs_of(task), 2U);
  EXPECT_EQ(kind().text(task, 1), "down");
  EXPECT_EQ(kind().outline(task), "2 classes");
}

TEST(SingleLabel, TheLargestLogitAnswers) {
  const Task task{"mood", {"up", "down", "even"}};
  const std::vector<float> logits = {0, std::log(3.0F), std::log(4.0F)};  // 1 : 3 : 4
  EXPECT_THAT(kind().answer(task, logits), ElementsAre("even", "0.5000"));
  EXPECT_EQ(kind().answer_columns().size(), 2U);
  EXPECT_EQ(kind().answer_columns()[1].suffix, ".probability");
  EXPECT_TRUE(std::isnan(decode(std::vector<float>{0, INFINITY}).probability));
  const auto metrics = kind().make_metrics(task);
  metrics->add(1, logits);
  EXPECT_DOUBLE_EQ(metrics->loss(), -log_softmax(logits)[1]);
  EXPECT_NEAR(metrics->loss(), std::log(8.0 / 3), 1e-6);
  EXPECT_THAT(metrics->figures(), ElementsAre(0, 0, 0));
  metrics->add(2, logits);
  EXPECT_EQ(metrics->rows(), 2U);
  EXPECT_EQ(metrics->figures()[0], 0.5);
}

}  // namespace
}  // namespace mtnlp
