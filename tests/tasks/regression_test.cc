#include "tasks/regression.h"

#include <cmath>

#include "base/json.h"
#include "tasks/number_metrics.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TargetCell number_cell(std::string_view text) {
  return {text, std::nullopt, [] { return std::string("a.csv:7"); }};
}

TEST(Regression, ACellIsANumberOrNone) {
  const auto reader = regression().make_reader("stars", {{"n/a"}});
  EXPECT_EQ(reader->read(number_cell(" 3.5 ")), Target(3.5));
  EXPECT_EQ(reader->read(number_cell("-1e3")), Target(-1000));
  EXPECT_EQ(reader->read(number_cell("")), kNoTarget);
  EXPECT_EQ(reader->read(number_cell("n/a")), kNoTarget);
  for (const char* text : {"3,5", "inf", "+3", "three", "1e999", "3 4"})
    expect_error([&] { reader->read(number_cell(text)); },
                 {"a.csv:7: the value ", " of task \"stars\" is not a finite number, such as 3 or -0.5"});
  EXPECT_EQ(reader->read(number_cell("-3e38")), Target(-3e38));
  expect_error(
      [&] { reader->read(number_cell("1e200")); },
      {"a.csv:7: the value \"1e200\" of task \"stars\" is beyond what a float holds, -3.40282e+38 to "});
  expect_error([&] { reader->read(number_cell("NaN")); },
               {"\"NaN\"", "missing_labels", "makes it no number"});
  EXPECT_TRUE(regression().takes(Cell::kNumber) && regression().takes(Cell::kNull));
  EXPECT_FALSE(regression().takes(Cell::kBoolean) || regression().takes(Cell::kList));
  expect_error(
      [&] {
        reader->know({"stars", {"1"}}, "--labels");
      },
      {"--labels: task \"stars\"", "has no labels"});
}

TEST(Regression, DoubtsThatAllNumbersAreEqual) {
  const auto reader = regression().make_reader("stars", {});
  const Task task{"stars", {}, &regression()};
  EXPECT_THAT(reader->doubts(task, std::vector<Target>{2, kNoTarget, 2}),
              ElementsAre(HasSubstr("the same number, 2")));
  EXPECT_THAT(reader->doubts(task, std::vector<Target>{2, 3}), IsEmpty());
}

TEST(Regression, LearnsTheScaleOnce) {
  Task task{"stars", {}, &regression()};
  EXPECT_EQ(regression().fault(task), "has no scale");
  regression().learn(task, std::vector<Target>{1, kNoTarget, 3, 5, 7});
  EXPECT_EQ(task.scale, (Scale{4, std::sqrt(5.0)}));
  regression().learn(task, std::vector<Target>{100, 200});
  EXPECT_EQ(task.scale->mean, 4);
  EXPECT_EQ(scale_of(std::vector<Target>{2, 2}), (Scale{2, 1}));
  EXPECT_EQ(scale_of(std::vector<Target>(7, 0.1)), (Scale{0.1, 1}));  // though 7 times 0.1 is not 0.7
  EXPECT_EQ(regression().fault(task), "");
  EXPECT_THAT(regression().fault({"stars", {}, &regression(), {}, Scale{0, 0}}),
              HasSubstr("deviation above 0"));
  EXPECT_THAT(regression().fault({"stars", {}, &regression(), {2, {}, {}}, Scale{}}),
              HasSubstr("has a decision"));
  EXPECT_THAT(regression().answer(task, std::vector<float>{2}), ElementsAre("8.472136"));
  EXPECT_THAT(regression().probabilities(task, std::vector<float>{2}), IsEmpty());
}

TEST(Regression, StrataAreQuantiles) {
  std::vector<Target> targets;
  for (int i = 0; i < 100; ++i) targets.emplace_back(i);
  const Strata strata = regression().strata({}, targets);
  EXPECT_THAT(strata.names, ElementsAre("from 0", "from 20", "from 40", "from 60", "from 80"));
  EXPECT_THAT(strata.of(39.5), ElementsAre(1));
  EXPECT_THAT(strata.of(99), ElementsAre(4));
  const std::vector<Target> stars(100, 5);
  EXPECT_THAT(regression().strata({}, stars).names, ElementsAre("from 5"));
}

const Json& number_cases() {
  static const Json kGolden = read_json(testing::test_path("golden/eval/kinds.json"))["numbers"];
  return kGolden;
}

TEST(NumberMetricsTest, EqualScikitLearnAndScipy) {
  EXPECT_THAT(number_cases(), SizeIs(8));
  for (const Json& expected : number_cases()) {
    SCOPED_TRACE(expected.dump().substr(0, 200));
    NumberMetrics metrics(Scale{});
    for (size_t row = 0; row < expected["gold"].size(); ++row)
      metrics.add_answer(expected["gold"][row].get<double>(), expected["guess"][row].dump(), "|");
    const OrderedJson json = metrics.to_json();
    for (const char* key : {"r2", "mae", "rmse", "pearson", "spearman"}) {
      const auto value = expected[key].get<double>();
      EXPECT_NEAR(json[key].get<double>(), value, 1e-9 * std::max(1.0, std::abs(value))) << key;
      const auto interval = json[std::string(key) + "_ci95"].get<Interval95>();
      EXPECT_TRUE(interval[0] <= json[key] && interval[1] >= json[key]) << key;
    }
    EXPECT_NEAR(metrics.loss(), json["rmse"].get<double>() * json["rmse"].get<double>(), 1e-6);
  }
}

TEST(NumberMetricsTest, NumbersThatAreEqualDoNotVaryByRounding) {
  NumberMetrics equal(Scale{}), right(Scale{}), one_answer(Scale{});
  for (size_t row = 0; row < 7; ++row) {
    equal.add_answer(0.1, row % 2 == 0 ? "0.1" : "0.2", "|");
    right.add_answer(0.1, "0.1", "|");
    one_answer.add_answer(static_cast<double>(row), "0.1", "|");
  }
  EXPECT_EQ(equal.to_json()["r2"], 0);
  EXPECT_EQ(equal.to_json()["r2_ci95"], (Interval95{0, 0}));
  EXPECT_EQ(equal.to_json()["pearson"], 0);
  EXPECT_EQ(right.to_json()["r2"], 1);
  EXPECT_EQ(one_answer.to_json()["pearson"], 0);
  EXPECT_EQ(one_answer.to_json()["spearman"], 0);
  NumberMetrics two(Scale{});
  two.add_answer(0.1, "0", "|");
  two.add_answer(0.3, "1", "|");
  const std::vector<double> sample = two.row_figures()->values(std::vector<uint32_t>{7, 0});
  EXPECT_THAT((std::vector{sample[0], sample[3], sample[4]}), ElementsAre(0, 0, 0));  // it has one row alone
}

TEST(NumberMetricsTest, OutputsAreOfTheScale) {
  NumberMetrics metrics(Scale{10, 2});
  metrics.add(12, std::vector<float>{0.5});
  EXPECT_NEAR(metrics.loss(), 0.25, 1e-12);
  EXPECT_EQ(metrics.to_json()["mae"], 1);
  EXPECT_EQ(metrics.row_figures()->error(0), 1);
  EXPECT_TRUE(std::isnan(metrics.row_figures()->confidence(0)));
  expect_error([&] { metrics.add_answer(1, "two", "|"); }, {"the answer \"two\" is not a finite number"});
}

}  // namespace
}  // namespace mtnlp
