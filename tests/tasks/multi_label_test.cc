#include "tasks/multi_label.h"

#include <cmath>

#include "base/json.h"
#include "tasks/label_set_metrics.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TargetCell set_cell(std::string_view text, std::optional<Cell> type = std::nullopt, std::string column = "") {
  return {text, type, [] { return std::string("a.csv:7"); }, std::move(column)};
}

Target set_of(LabelSet set) {
  return Target(std::make_shared<const LabelSet>(std::move(set)));
}

std::unique_ptr<TargetReader> set_reader(const CellReading& reading = {}) {
  return multi_label().make_reader("tags", reading);
}

/// Reads `cells` and settles the task.
std::vector<Target> read_sets(TargetReader& reader, Task& task, const std::vector<std::string>& cells) {
  std::vector<Target> targets;
  for (const std::string& text : cells) targets.push_back(reader.read(set_cell(text)));
  reader.settle(task, "a.csv");
  for (Target& target : targets) target = reader.settled(target);
  return targets;
}

TEST(LabelSets, AreTargetsByTheirContent) {
  EXPECT_EQ(set_of({1, 2}), set_of({1, 2}));
  EXPECT_NE(set_of({1, 2}), set_of({1}));
  EXPECT_NE(set_of({}), kNoTarget);
  EXPECT_NE(set_of({}), Target(0));
  EXPECT_FALSE(set_of({}).is_none());
  EXPECT_TRUE(set_of({1}) < set_of({1, 2}));
  EXPECT_FALSE(set_of({2}) < set_of({1, 2}));
}

TEST(MultiLabel, LabelsOfACellAreSplitSortedAndCountedOnce) {
  const auto reader = set_reader({{"nan"}});
  Task task{"tags", {}, &multi_label()};
  EXPECT_THAT(
      read_sets(*reader, task, {"up|down", " down | up |down", "even", "", "nan", "even||nan|", " | "}),
      ElementsAre(set_of({0, 2}), set_of({0, 2}), set_of({1}), kNoTarget, kNoTarget, set_of({1}), kNoTarget));
  EXPECT_THAT(task.labels, ElementsAre("down", "even", "up"));
  EXPECT_EQ(reader->read(set_cell("up|even")), set_of({1, 2}));  // a given part
  expect_error([&] { reader->read(set_cell("up|new")); },
               {"a.csv:7: ", "\"new\"", "is not in those of its task files: down, even, up"});
}

TEST(MultiLabel, EqualSetsShareTheirMemory) {
  const auto reader = set_reader();
  EXPECT_EQ(reader->read(set_cell("a|b")).set().data(), reader->read(set_cell("b|a")).set().data());
}

TEST(MultiLabel, AnEmptyCellMayBeARowWithoutLabels) {
  const auto reader = set_reader({{"nan"}, ";;", true});
  Task task{"tags", {}, &multi_label()};
  EXPECT_THAT(read_sets(*reader, task, {"a|b;;c", "", "nan", ";;"}),
              ElementsAre(set_of({0, 1}), set_of({}), kNoTarget, set_of({})));
  EXPECT_THAT(task.labels, ElementsAre("a|b", "c"));
  EXPECT_EQ(reader->read(set_cell("", Cell::kNull)), kNoTarget);
  EXPECT_EQ(reader->read(set_cell("[]", Cell::kList)), set_of({}));
}

TEST(MultiLabel, AListOfJsonIsReadAsItStands) {
  const auto reader = set_reader();
  reader->know({"tags", {"b", "a|c"}, &multi_label()}, "--labels");
  EXPECT_EQ(reader->read(set_cell(R"(["a|c", " b "])", Cell::kList)), set_of({0, 1}));
  EXPECT_EQ(reader->read(set_cell("[]", Cell::kList)), kNoTarget);
  expect_error([&] { reader->read(set_cell(R"(["b", 3])", Cell::kList)); },
               {"a.csv:7: the list of labels of task \"tags\" holds 3, which is not a string"});
  expect_error(
      [&] { reader->read(set_cell("3", Cell::kNumber)); },
      {"a.csv:7: the labels of task \"tags\" are a number, not a string or a list of strings: \"3\""});
}

class FlagColumns : public ::testing::Test {
 protected:
  Target read(const CellReading& reading, std::string_view a, std::string_view b,
              std::optional<Cell> type = std::nullopt) {
    reader_ = set_reader(reading);
    const std::vector<TargetCell> cells = {set_cell(a, type, "y"), set_cell(b, type, "x")};
    return reader_->read_columns(cells);
  }
  std::unique_ptr<TargetReader> reader_;
};

TEST_F(FlagColumns, EachIsALabel) {
  EXPECT_EQ(read({}, "1", "0"), set_of({0}));
  EXPECT_EQ(read({}, "0", " 1.0 "), set_of({1}));
  EXPECT_EQ(read({}, "True", "true"), set_of({0, 1}));
  EXPECT_EQ(read({}, "0", "false"), set_of({}));
  EXPECT_EQ(read({}, "1", "0", Cell::kNumber), set_of({0}));
  Task task{"tags", {}, &multi_label()};
  reader_->settle(task, "a.csv");
  EXPECT_THAT(task.labels, ElementsAre("x", "y"));  // also a label without rows
  EXPECT_EQ(reader_->settled(set_of({0})), set_of({1}));
  expect_error([&] { read({}, "2", "0"); },
               {"a.csv:7: the column \"y\" of task \"tags\" is \"2\", not 0 or 1"});
}

TEST_F(FlagColumns, ARowWithoutAnyIsNotLabelled) {
  EXPECT_EQ(read({}, "", " "), kNoTarget);
  EXPECT_EQ(read({{"nan"}}, "nan", ""), kNoTarget);
  EXPECT_EQ(read({{}, "|", true}, "", ""), set_of({}));
  EXPECT_EQ(read({{}, "|", true}, "", "1"), set_of({1}));
  expect_error([&] { read({}, "", "1"); },
               {"a.csv:7: the column \"y\" of task \"tags\" is empty", "0 and 1 in all"});
  expect_error([&] { read({{"nan"}, "|", true}, "nan", "1"); }, {"the column \"y\"", "is empty"});
}

TEST(MultiLabel, DoubtsAndGaps) {
  const auto reader = set_reader();
  Task task{"tags", {}, &multi_label()};
  reader->know({"tags", {"a,b", "c", "d"}, &multi_label()}, "--labels");
  const std::vector<Target> targets = read_sets(*reader, task, {"a,b", "c"});
  EXPECT_THAT(reader->doubts(task, targets), ElementsAre(HasSubstr("no row has more than one label")));
  EXPECT_THAT(reader->gaps(task, targets), ElementsAre("task \"tags\": no row has the label \"d\""));
  EXPECT_THAT(reader->doubts(task, std::vector{set_of({0, 1})}), IsEmpty());
  EXPECT_THAT(set_reader()->doubts({"tags", {"0", "1"}, &multi_label()}, std::vector{set_of({0})}),
              ElementsAre(AllOf(HasSubstr("its labels are 0 and 1"), HasSubstr("label_column"))));
  expect_error(
      [&] {
        Task none{"tags"};
        read_sets(*set_reader(), none, {"", " "});
      },
      {"has no label in a.csv"});
}

TEST(MultiLabel, FaultsOfATask) {
  const auto fault = [](const Decision& decision) {
    return multi_label().fault({"tags", {"a", "b"}, &multi_label(), decision});
  };
  EXPECT_EQ(fault({}), "");
  EXPECT_EQ(fault({2, {}, {0.5, 1}}), "");
  EXPECT_EQ(multi_label().fault({"tags", {}, &multi_label()}), "has no labels");
  EXPECT_EQ(fault({1, {}, {0.5}}), "has 1 thresholds for 2 labels");
  EXPECT_THAT(fault({1, {}, {0.5, NAN}}), HasSubstr("not between 0 and 1"));
  EXPECT_THAT(fault({1, {0, 0}, {}}), HasSubstr("has a shift"));
  EXPECT_THAT(fault({0, {}, {}}), HasSubstr("temperature 0"));
}

TEST(MultiLabel, EachLabelIsAStratumAndAnOutput) {
  const Task task{"tags", {"a", "b", "c"}, &multi_label()};
  EXPECT_THAT(multi_label().strata(task, {}).of(set_of({0, 2})), ElementsAre(0, 2));
  EXPECT_THAT(multi_label().strata(task, {}).of(set_of({})), IsEmpty());
  EXPECT_EQ(outputs_of(task), 3U);
  EXPECT_EQ(multi_label().text(task, set_of({0, 2})), "a|c");
  EXPECT_EQ(multi_label().text(task, set_of({})), "(no label)");
}

TEST(MultiLabel, LabelsThatReachTheirThresholdAnswer) {
  Task task{"tags", {"a", "b", "c"}, &multi_label()};
  const std::vector<float> logits = {std::log(3.0F), 0, -std::log(3.0F)};  // 0.75, 0.5, 0.25
  EXPECT_THAT(multi_label().answer(task, logits), ElementsAre(R"(["a","b"])", "[0.7500,0.5000]"));
  EXPECT_EQ(multi_label().answer_text(task, logits), multi_label().text(task, set_of({0, 1})));
  task.decision.thresholds = {0.8, 0.6, 0.2};
  EXPECT_THAT(multi_label().answer(task, logits), ElementsAre(R"(["c"])", "[0.2500]"));
  task.decision.thresholds = {1, 1, 1};
  EXPECT_THAT(multi_label().answer(task, logits), ElementsAre("[]", "[]"));
  task.decision.temperature = 0.5;
  EXPECT_NEAR(multi_label().probabilities(task, logits)[0], 0.9, 1e-6);
}

const Json& set_cases() {
  static const Json kGolden = read_json(testing::test_path("golden/eval/kinds.json"))["sets"];
  return kGolden;
}

LabelSetMetrics set_metrics(const Json& expected) {
  std::vector<std::string> labels;
  for (size_t label = 0; label < expected["labels"].get<size_t>(); ++label)
    labels.push_back("l" + std::to_string(label));
  LabelSetMetrics metrics(labels, {1, {}, expected["thresholds"].get<std::vector<double>>()});
  for (size_t row = 0; row < expected["gold"].size(); ++row)
    metrics.add(set_of(expected["gold"][row].get<LabelSet>()),
                expected["logits"][row].get<std::vector<float>>());
  return metrics;
}

TEST(LabelSetMetricsTest, EqualScikitLearn) {
  EXPECT_THAT(set_cases(), SizeIs(8));
  for (const Json& expected : set_cases()) {
    SCOPED_TRACE(expected.dump().substr(0, 200));
    const LabelSetMetrics metrics = set_metrics(expected);
    const OrderedJson json = metrics.to_json();
    for (const Figure& figure : metrics.row_figures()->figures()) {
      if (expected[figure.key].is_null()) continue;
      EXPECT_NEAR(json[figure.key].get<double>(), expected[figure.key].get<double>(), 1e-9) << figure.key;
      EXPECT_TRUE(json.contains(std::string(figure.key) + "_ci95")) << figure.key;
    }
    const std::vector<double> of_epoch = metrics.figures();
    for (size_t i = 0; i < of_epoch.size(); ++i) {
      if (std::isnan(of_epoch[i])) continue;
      EXPECT_NEAR(of_epoch[i], json[label_set_figures()[i].key].get<double>(), 1e-12);
    }
    for (size_t label = 0; label < expected["labels"].get<size_t>(); ++label) {
      const OrderedJson& own = json["per_class"][label];
      for (const char* key : {"precision", "recall", "f1", "support"})
        EXPECT_NEAR(own[key].get<double>(), expected[key][label].get<double>(), 1e-12) << key;
      ASSERT_EQ(own.contains("pr_auc"), !expected["pr"][label].is_null());
      if (!own.contains("pr_auc")) continue;
      EXPECT_NEAR(own["pr_auc"].get<double>(), expected["pr"][label].get<double>(), 1e-12);
      EXPECT_NEAR(own["roc_auc"].get<double>(), expected["roc"][label].get<double>(), 1e-12);
    }
  }
}

TEST(LabelSetMetricsTest, WithoutARowWithALabelAveragePrecisionIsNotKnown) {
  LabelSetMetrics metrics({"a", "b"});
  metrics.add(set_of({}), std::vector<float>{1, -1});
  EXPECT_TRUE(std::isnan(metrics.figures()[0]));
  const OrderedJson json = metrics.to_json();
  EXPECT_FALSE(json.contains("average_precision"));
  EXPECT_EQ(json["micro_f1"], 0);
}

TEST(LabelSetMetricsTest, AreShownInTwoTables) {
  const std::vector<ResultTable> tables = set_metrics(set_cases()[5]).tables("tags");
  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_EQ(tables[0].rows[0][0], "tags sample-F1");
  EXPECT_EQ(tables[1].rows[1][0], "tags l1");
  EXPECT_EQ(tables[1].rows[1][1], "0.6500");
}

TEST(LabelSetMetricsTest, TakeTheAnswersOfOthers) {
  LabelSetMetrics metrics({"a", "b", "c|d"});
  EXPECT_TRUE(metrics.add_answer(set_of({0, 1}), "b | a", "|"));
  EXPECT_TRUE(metrics.add_answer(set_of({0, 2}), R"(["a","c|d"])", "|"));
  EXPECT_TRUE(metrics.add_answer(set_of({}), "", "|"));
  EXPECT_EQ(metrics.to_json()["exact_match"], 1);
  EXPECT_FALSE(metrics.add_answer(set_of({0}), "a|new", "|"));
  EXPECT_EQ(metrics.to_json()["exact_match"], 0.75);
  EXPECT_NEAR(metrics.row_figures()->error(3), 1.0 / 3, 1e-12);
  expect_error([&] { metrics.add_answer(set_of({0}), "[1]", "|"); }, {"is not a list of strings"});
}

TEST(LabelSetMetricsTest, ConfidenceIsThatOfTheLeastSureLabel) {
  LabelSetMetrics metrics({"a", "b"});
  metrics.add(set_of({0}), std::vector<float>{std::log(9.0F), -std::log(3.0F)});  // 0.9, 0.25
  EXPECT_NEAR(metrics.row_figures()->confidence(0), 0.75, 1e-6);
  EXPECT_EQ(metrics.row_figures()->error(0), 0);
}

}  // namespace
}  // namespace mtnlp
