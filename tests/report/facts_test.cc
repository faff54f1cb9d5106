#include "report/facts.h"

#include <cmath>

#include "report/page.h"
#include "tasks/task_kind.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Rows of the task "mood" and logits for them.
struct MoodRows {
  Task task{"mood", {"down", "up", "<b>"}};
  Dataset dataset;
  ScoredRows scored;

  /// `rows`: text, label, and the logit of "up" over the others.
  explicit MoodRows(const std::vector<std::tuple<std::string, size_t, double>>& rows) {
    dataset.tasks = {task};
    dataset.sources.emplace_back().file = "rows.csv";
    scored.outputs = Matrix(rows.size(), 3);
    for (const auto& [text, label, logit] : rows) {
      const auto id = static_cast<uint32_t>(dataset.rows.size());
      dataset.rows.push_back({0, 10 * id, text, {Target(static_cast<double>(label))}, text});
      scored.ids.push_back(id);
      scored.targets.emplace_back(static_cast<double>(label));
      scored.outputs.row(id)[1] = static_cast<float>(logit);
    }
  }
  TaskFacts facts() const { return task_facts({task, dataset, scored, scored}); }
};

const std::vector<std::tuple<std::string, size_t, double>> kMoodRows = {
    {"a", 1, 3}, {"b", 0, 5}, {"c", 1, 1}, {"d", 0, -4}, {"e", 0, 2}};

TEST(TaskFactsTest, ErrorsStandByConfidence) {
  const TaskFacts facts = MoodRows(kMoodRows).facts();
  EXPECT_EQ(facts.rows, 5U);
  EXPECT_EQ(facts.wrong, 2U);
  ASSERT_EQ(facts.errors.size(), 2U);
  EXPECT_EQ(facts.errors[0].text, "b");
  EXPECT_EQ(facts.errors[0].row, 11U);
  EXPECT_EQ(facts.errors[0].label, "down");
  EXPECT_EQ(facts.errors[0].answer, "up");
  EXPECT_NEAR(facts.errors[0].confidence, std::exp(5) / (std::exp(5) + 2), 1e-6);
  EXPECT_EQ(facts.errors[1].text, "e");
}

TEST(TaskFactsTest, FiguresClassesAndConfusionAreThoseOfTestJson) {
  const TaskFacts facts = MoodRows(kMoodRows).facts();
  EXPECT_EQ(facts.figures[0].key, "accuracy");
  EXPECT_DOUBLE_EQ(facts.figures[0].value, 0.6);
  EXPECT_LT(facts.headlines, facts.figures.size());
  ASSERT_EQ(facts.classes.size(), 3U);
  EXPECT_EQ(facts.classes[2].rows, 0U);
  EXPECT_DOUBLE_EQ(facts.classes[1].recall.value, 1);
  uint64_t rows = 0;
  for (const ConfusionCell& cell : facts.confusion) rows += cell.rows;
  EXPECT_EQ(rows, 5U);
  ASSERT_TRUE(facts.confidence);
  EXPECT_FALSE(facts.confidence->raw);
  EXPECT_EQ(facts.confidence->coverage.back().kept, 5U);
  EXPECT_EQ(task_json(facts)["wrong"], 2);
  EXPECT_EQ(task_json(facts)["accuracy"], 0.6);
}

TEST(TaskFactsTest, WhereItFailsAndWhatWrongAnswersLeanOn) {
  std::vector<std::tuple<std::string, size_t, double>> given;
  for (size_t i = 0; i < 12; ++i) given.emplace_back("text " + std::to_string(i), i < 6 ? 0 : 1, 2);
  const MoodRows rows(given);
  Grouping kinds{"kind", {"<new>", "old"}, {}};
  for (size_t i = 0; i < 12; ++i) kinds.groups.push_back(i < 6 ? 0 : 1);
  TaskFacts facts = task_facts({rows.task, rows.dataset, rows.scored, rows.scored, std::vector{kinds}});
  ASSERT_EQ(facts.slices.size(), 2U);
  EXPECT_TRUE(facts.slices[0].is_worse());
  facts.errors[0].words = {{"a<b", 0.25}, {"the", 0.001}, {"boring", 0.5}};
  const std::string page = task_html(facts, "t").code();
  EXPECT_THAT(page, HasSubstr("Worse than the other rows: kind: &lt;new&gt;."));
  EXPECT_THAT(
      page,
      HasSubstr(
          "the answer leans on <b dir=\"auto\">boring</b> 0.50, <b dir=\"auto\">a&lt;b</b> 0.25</div>"));
  const OrderedJson json = task_json(facts);
  EXPECT_EQ(json["slices"][0]["worse"], true);
  EXPECT_EQ(json["errors"][0]["explanation"][2]["word"], "boring");
  EXPECT_THAT(task_html(MoodRows(kMoodRows).facts(), "t").code(), Not(HasSubstr("Where it fails")));
}

TEST(TaskFactsTest, NumbersAreFarOffAndNotWrong) {
  Task task{"stars", {}, &find_task_kind("regression", ""), {}, Scale{}};
  Dataset dataset;
  dataset.tasks = {task};
  dataset.sources.emplace_back().file = "rows.csv";
  ScoredRows scored;
  scored.outputs = Matrix(20, 1);
  Grouping halves{"half", {"near", "far"}, {}};
  for (uint32_t row = 0; row < 20; ++row) {
    dataset.rows.push_back({0, row, "text", {Target(0)}, "text"});
    scored.ids.push_back(row);
    scored.targets.emplace_back(0);
    scored.outputs.row(row)[0] = static_cast<float>(row);
    halves.groups.push_back(row < 10 ? 0 : 1);
  }
  const TaskFacts facts = task_facts({task, dataset, scored, scored, std::vector{halves}});
  const std::string page = task_html(facts, "t").code();
  EXPECT_THAT(page, HasSubstr("<th scope=\"col\">error above the median</th>"));
  EXPECT_THAT(page, Not(HasSubstr("wrong")));
  EXPECT_EQ(task_json(facts)["slices"][1]["above_median"], 9);
}

TEST(TaskFactsTest, SeveralLabelsHaveConfidencesAndThresholds) {
  const Task task{"tags", {"a", "b"}, &find_task_kind("multilabel", ""), {2, {}, {0.25, 0.75}}};
  const Target both(std::make_shared<const LabelSet>(LabelSet{0, 1}));
  Dataset dataset;
  dataset.tasks = {task};
  dataset.sources.emplace_back().file = "rows.csv";
  ScoredRows scored;
  scored.outputs = Matrix(12, 2);
  for (uint32_t row = 0; row < 12; ++row) {
    dataset.rows.push_back({0, row, "text", {both}, "text"});
    scored.ids.push_back(row);
    scored.targets.push_back(both);
    scored.outputs.row(row)[0] = 1;
    scored.outputs.row(row)[1] = row < 9 ? 3.0F : 0.5F;  // the last 3 are not given b
  }
  const TaskFacts facts = task_facts({task, dataset, scored, scored});
  ASSERT_TRUE(facts.confidence);
  EXPECT_EQ(facts.confidence->coverage.back().right, 9U);
  const OrderedJson json = task_json(facts);
  EXPECT_TRUE(json.contains("calibration_bins") && json.contains("coverage_curve"));
  EXPECT_EQ(facts.confidence->raw->error, json["calibration"]["raw"]["calibration_error"]);
  EXPECT_EQ(facts.confidence->calibration.brier, json["calibration"]["decided"]["brier"]);
  EXPECT_EQ(json["errors"][0]["label"], "a|b");
  EXPECT_EQ(json["errors"][0]["answer"], "a");
  const std::string page = task_html(facts, "t").code();
  for (const char* part : {">Confidence</h4>", "A row is right when all its labels are", ">threshold</th>",
                           ">0.2500</td>", ">0.7500</td>", "probabilities of all labels"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_THAT(task_html(MoodRows(kMoodRows).facts(), "t").code(), Not(HasSubstr(">threshold</th>")));
}

TEST(TaskFactsTest, ADecisionIsShownBesideTheLogitsAlone) {
  MoodRows rows(kMoodRows);
  rows.task.decision.temperature = 2;
  const TaskFacts facts = rows.facts();
  ASSERT_TRUE(facts.confidence->raw);
  EXPECT_LT(facts.confidence->calibration.bins.back().confidence,
            facts.confidence->raw->bins.back().confidence);
  EXPECT_EQ(task_json(facts)["raw_calibration"]["temperature"], 2);
  EXPECT_THAT(task_html(facts, "t").code(), HasSubstr("with the temperature 2.0000"));
}

TEST(TaskPageTest, WhatRowsSayIsShownAsText) {
  auto hostile = kMoodRows;
  std::get<0>(hostile[1]) = "</script><img src=x onerror=alert(1)>";
  const std::string code = task_html(MoodRows(hostile).facts(), "t").code();
  EXPECT_THAT(code, HasSubstr("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
  EXPECT_THAT(code, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(code, Not(HasSubstr("<img")));
  EXPECT_THAT(code, HasSubstr("no rows"));
}

TEST(CompareRunsTest, RowsThatBothHaveArePaired) {
  const MoodRows a(kMoodRows),
      b({{"x", 1, 3}, {"d", 0, -4}, {"b", 0, -5}, {"e", 1, 2}, {"a", 1, 3}, {"a", 1, -3}});
  const std::vector<Task> tasks = {a.task};
  std::vector<ScoredRows> of_a, of_b;
  of_a.push_back(a.scored);
  of_b.push_back(b.scored);
  const std::vector<PairFacts> pairs = compare_runs(
      {{tasks, a.dataset.rows, of_a}, {tasks, b.dataset.rows, of_b}, {tasks, a.dataset.rows, of_a}});
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_EQ(pairs[0].comparison.rows, 3U);  // a once, b, d; "e" has another label there
  EXPECT_EQ(pairs[0].comparison.won, 1U);
  EXPECT_EQ(pairs[0].comparison.lost, 0U);
  EXPECT_EQ(pairs[1].comparison.rows, 5U);
  EXPECT_EQ(pairs[1].verdict(), Verdict::kOpen);
  EXPECT_EQ(run_letter(pairs[2].a) + run_letter(pairs[2].b), "BC");
}

TEST(EpochFactsTest, TheChosenEpochIsThatOfTheCheckpoint) {
  const testing::TempFolder folder;
  EXPECT_TRUE(epoch_facts(folder.path(), "step-000002").table.rows().empty());
  MetricsTable table({"epoch", "step"});
  table.add_row({"1", "1"});
  table.add_row({"2", "2"});
  table.write(folder.path() / "metrics.csv");
  EXPECT_EQ(epoch_facts(folder.path(), "step-000002").chosen, 1U);
  EXPECT_FALSE(epoch_facts(folder.path(), "elsewhere").chosen);
  write_file(
      folder.path() / "train.log",
      "2026-11-30 04:51:06 info a\n2026-11-30 04:51:06 warning b: c\n2026-11-30 04:51:07 warning b: c\n");
  DataCheck data;
  data.warnings = {"d"};
  EXPECT_THAT(all_warnings(folder.path(), data), ElementsAre("d", "b: c"));
}

}  // namespace
}  // namespace mtnlp
