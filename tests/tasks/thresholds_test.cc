#include "tasks/thresholds.h"

#include <memory>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Rows of one label.
Thresholds fit_one(const std::vector<double>& probabilities, const std::vector<bool>& has_label,
                   const ThresholdRule& rule) {
  std::vector<Target> targets;
  for (const bool own : has_label)
    targets.emplace_back(std::make_shared<const LabelSet>(own ? LabelSet{0} : LabelSet{}));
  return fit_thresholds(1, probabilities, targets, rule);
}

TEST(ThresholdRules, HaveNames) {
  EXPECT_FALSE(parse_threshold_rule("f1")->precision);
  EXPECT_EQ(parse_threshold_rule("precision:0.90")->precision, 0.9);
  EXPECT_EQ(threshold_rule_text(*parse_threshold_rule("precision:0.90")), "precision:0.9");
  EXPECT_EQ(threshold_rule_text({}), "f1");
  for (const char* text :
       {"", "F1", "precision", "precision:", "precision:0", "precision:1.1", "precision:nan", "recall:1"})
    EXPECT_FALSE(parse_threshold_rule(text)) << text;
}

TEST(FitThresholds, LieInTheMiddleOfTheBestGap) {
  EXPECT_THAT(fit_one({0.9, 0.1, 0.4, 0.3}, {true, false, true, false}, {}).values,
              ElementsAre(DoubleEq(0.35)));
  EXPECT_THAT(fit_one({0.9, 0.4}, {true, true}, {}).values, ElementsAre(DoubleEq(0.2)));
  EXPECT_THAT(fit_one({0.5, 0.5, 0.2}, {true, false, false}, {}).values,
              ElementsAre(DoubleEq(0.35)));  // a tie stays whole
}

TEST(FitThresholds, ReachAPrecision) {
  const std::vector<double> probabilities = {0.9, 0.8, 0.7, 0.6, 0.5};
  const std::vector<bool> has_label = {true, true, false, true, false};
  EXPECT_THAT(fit_one(probabilities, has_label, {0.75}).values, ElementsAre(DoubleEq(0.55)));
  EXPECT_THAT(fit_one(probabilities, has_label, {0.9}).values, ElementsAre(DoubleEq(0.75)));
  const Thresholds never = fit_one({0.9, 0.8}, {false, true}, {0.9});
  EXPECT_THAT(never.values, ElementsAre(DoubleEq(0.4)));
  EXPECT_THAT(never.short_of_it, ElementsAre(0));
}

TEST(FitThresholds, ALabelWithoutRowsStaysInTheMiddle) {
  const Thresholds found = fit_one({0.9, 0.8}, {false, false}, {});
  EXPECT_THAT(found.values, ElementsAre(0.5));
  EXPECT_THAT(found.without_rows, ElementsAre(0));
  EXPECT_THAT(found.short_of_it, IsEmpty());
}

}  // namespace
}  // namespace mtnlp
