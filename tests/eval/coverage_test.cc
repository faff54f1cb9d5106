#include "eval/coverage.h"

#include <cmath>

#include "tasks/label_metrics.h"
#include "tasks/label_set_metrics.h"
#include "tasks/number_metrics.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::HasSubstr;

/// Returns metrics of answers "yes" of these confidences, which are right or not.
LabelMetrics answers(const std::vector<std::pair<double, bool>>& of) {
  LabelMetrics metrics({"no", "yes"});
  for (const auto& [confidence, right] : of)
    metrics.add(Target(right ? 1 : 0),
                std::vector{0.0F, static_cast<float>(std::log(confidence / (1 - confidence)))});
  return metrics;
}

TEST(CoverageTest, TakesTheMostRowsThatReachTheAccuracy) {
  const LabelMetrics metrics =
      answers({{0.6, false}, {0.9, true}, {0.8, false}, {0.7, true}, {0.75, true}, {0.95, true}});
  const auto figures = metrics.row_figures();
  const auto found = coverage_for(*figures, 6, 0.8);  // right: 1, 1, 2/3, 3/4, 4/5, 4/6
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->confidence, 0.7, 2e-6);
  EXPECT_EQ(found->kept, 5U);
  EXPECT_DOUBLE_EQ(found->accuracy(), 0.8);
  EXPECT_EQ(coverage_for(*figures, 6, 1)->kept, 2U);
  EXPECT_EQ(coverage_at(*figures, 6, found->confidence).right, 4U);
  EXPECT_EQ(coverage_at(*figures, 6, 0.99).kept, 0U);
  EXPECT_THAT(coverage_text(0.8, found, coverage_at(*figures, 6, 0.5)),
              HasSubstr("here they are 1.0000 (0.6097 - 1.0000) of all, and 0.6667 ("));
}

TEST(CoverageTest, AConfidenceCanBeTyped) {
  const LabelMetrics metrics = answers({{0.97696789, true}, {0.9, false}});
  const auto figures = metrics.row_figures();
  const auto found = coverage_for(*figures, 2, 1);
  EXPECT_DOUBLE_EQ(found->confidence, 0.976967);
  EXPECT_EQ(coverage_at(*figures, 2, found->confidence).kept, 1U);
  EXPECT_THAT(coverage_text(1, found, found), HasSubstr("of a confidence from 0.976967 reach"));
  const LabelMetrics near = answers({{0.97696789, true}, {0.97696712, false}});  // one typed bound keeps both
  EXPECT_FALSE(coverage_for(*near.row_figures(), 2, 1));
}

TEST(CoverageTest, OfSeveralLabelsARowIsRightOrWrongToo) {
  LabelSetMetrics tags({"a", "b"});
  const Target both(std::make_shared<const LabelSet>(LabelSet{0, 1}));
  tags.add(both, std::vector<float>{2, 1});
  tags.add(both, std::vector<float>{2, -1});  // with an error of 1/3
  EXPECT_TRUE(tells_confidence(*tags.row_figures(), 2));
  NumberMetrics stars(Scale{});
  stars.add(1, std::vector<float>{1});
  EXPECT_FALSE(tells_confidence(*stars.row_figures(), 1));
}

TEST(CoverageTest, RowsOfOneConfidenceStayTogether) {
  const LabelMetrics metrics = answers({{0.9, true}, {0.9, false}, {0.8, false}});
  EXPECT_FALSE(coverage_for(*metrics.row_figures(), 3, 0.6));
  EXPECT_EQ(coverage_for(*metrics.row_figures(), 3, 0.5)->kept, 2U);
  EXPECT_EQ(coverage_text(0.6, std::nullopt, std::nullopt),
            "no confidence gives an accuracy of 0.6 on the validation part");
  EXPECT_TRUE(coverage_json(0.6, std::nullopt)["coverage"].is_null());
  EXPECT_FALSE(coverage_for(*LabelMetrics({"no", "yes"}).row_figures(), 0, 0.5));
}

TEST(CoverageTest, TheCurveEndsWithAllRowsAndKeepsTiesTogether) {
  const LabelMetrics metrics = answers({{0.9, true}, {0.9, false}, {0.8, true}, {0.6, false}});
  const auto figures = metrics.row_figures();
  std::vector<size_t> kept, right;
  for (const Coverage& point : coverage_curve(*figures, 4, 100)) {
    kept.push_back(point.kept);
    right.push_back(point.right);
  }
  EXPECT_EQ(kept, (std::vector<size_t>{2, 3, 4}));
  EXPECT_EQ(right, (std::vector<size_t>{1, 2, 2}));
  std::vector<std::pair<double, bool>> many;
  for (int i = 0; i < 1000; ++i) many.emplace_back(0.51 + i / 2500.0, i % 3 != 0);
  const LabelMetrics thousand = answers(many);
  const std::vector<Coverage> curve = coverage_curve(*thousand.row_figures(), 1000, 50);
  EXPECT_LE(curve.size(), 52U);
  EXPECT_GE(curve.size(), 49U);
  EXPECT_EQ(curve.back().kept, 1000U);
  EXPECT_EQ(curve.back().right, 666U);
}

TEST(CoverageTest, BinsHoldEquallyManyRowsInTheOrderOfConfidence) {
  const LabelMetrics metrics =
      answers({{0.95, true}, {0.6, false}, {0.7, true}, {0.9, true}, {0.65, true}, {0.8, false}});
  const auto figures = metrics.row_figures();
  const std::vector<ConfidenceBin> bins = confidence_bins(*figures, 6, 3);
  ASSERT_EQ(bins.size(), 3U);
  EXPECT_NEAR(bins[0].confidence, 0.625, 1e-6);
  EXPECT_EQ(bins[0].right, 1U);
  EXPECT_EQ(bins[1].right, 1U);
  EXPECT_DOUBLE_EQ(bins[2].accuracy(), 1);
  EXPECT_EQ(confidence_bins(*figures, 6, 15).size(), 6U);
  EXPECT_TRUE(tells_confidence(*figures, 6));
  LabelMetrics unsure({"no", "yes"});
  unsure.add_answer(Target(0), "yes", "|");
  EXPECT_FALSE(tells_confidence(*unsure.row_figures(), 1));
  EXPECT_FALSE(tells_confidence(*LabelMetrics({"no", "yes"}).row_figures(), 0));
}

}  // namespace
}  // namespace mtnlp
