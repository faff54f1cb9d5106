#include "eval/coverage.h"

#include <cmath>

#include "tasks/label_metrics.h"
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
  EXPECT_NEAR(found->confidence, 0.7, 1e-6);
  EXPECT_EQ(found->kept, 5U);
  EXPECT_DOUBLE_EQ(found->accuracy(), 0.8);
  EXPECT_EQ(coverage_for(*figures, 6, 1)->kept, 2U);
  EXPECT_EQ(coverage_at(*figures, 6, found->confidence).right, 4U);
  EXPECT_EQ(coverage_at(*figures, 6, 0.99).kept, 0U);
  EXPECT_THAT(coverage_text(0.8, found, coverage_at(*figures, 6, 0.5)),
              HasSubstr("here they are 1.0000 (0.6097 - 1.0000) of all, and 0.6667 ("));
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

}  // namespace
}  // namespace mtnlp
