#include "eval/comparison.h"

#include <cmath>

#include "tasks/label_metrics.h"
#include "tasks/number_metrics.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Returns metrics of rows of two classes, of which so many from the `first` are wrong.
LabelMetrics wrong_in(size_t rows, size_t first, size_t wrong) {
  LabelMetrics metrics({"no", "yes"});
  for (size_t row = 0; row < rows; ++row) {
    const size_t gold = row % 2;
    metrics.add(gold, row >= first && row < first + wrong ? 1 - gold : gold, 0.5);
  }
  return metrics;
}

TEST(ComparisonTest, AModelCannotBeToldApartFromItself) {
  const LabelMetrics model = wrong_in(200, 20, 30);
  const Comparison same = compare(model, model);
  EXPECT_EQ(same.rows, 200U);
  EXPECT_EQ(same.won + same.lost, 0U);
  EXPECT_EQ(same.p, 1);
  for (const FigurePair& pair : same.figures)
    EXPECT_EQ(pair.difference, (Interval95{0, 0})) << pair.figure.key;
  EXPECT_EQ(sentence(same, std::nullopt),
            "B and A cannot be told apart: of 200 rows B wins 0 and loses 0 (p = 1.0000)");
  EXPECT_EQ(verdict_of(same, 0.01), Verdict::kEqual);
}

TEST(ComparisonTest, PairsShowWhatEachHasRight) {
  const LabelMetrics a = wrong_in(300, 0, 33), b = wrong_in(300, 24, 18);  // 24 to 32 are wrong in both
  const Comparison comparison = compare(a, b);
  EXPECT_EQ(comparison.won, 24U);
  EXPECT_EQ(comparison.lost, 9U);
  EXPECT_NEAR(comparison.p, 0.013530986849218607, 1e-12);  // scipy.stats.binomtest(24, 33)
  EXPECT_EQ(verdict_of(comparison, std::nullopt), Verdict::kBetter);
  EXPECT_EQ(sentence(comparison, std::nullopt),
            "B is better than A: of 300 rows B wins 24 and loses 9 (p = 0.0135)");
  EXPECT_THAT(sentence(compare(b, a), std::nullopt), StartsWith("B is worse than A: "));
  const FigurePair& accuracy = comparison.figures.front();
  EXPECT_STREQ(accuracy.figure.key, "accuracy");
  EXPECT_NEAR(accuracy.b - accuracy.a, 15.0 / 300, 1e-12);
  const double half = 1.96 * std::sqrt((33 - 15.0 * 15 / 300) / 300 / 300);  // of a mean of +1, 0 and -1
  EXPECT_NEAR(accuracy.difference[0], 0.05 - half, 0.15 * half);
  EXPECT_NEAR(accuracy.difference[1], 0.05 + half, 0.15 * half);
}

TEST(ComparisonTest, AMarginTellsEqualFromUnknown) {
  const Comparison few = compare(wrong_in(100, 0, 6), wrong_in(100, 50, 6));
  const Comparison many = compare(wrong_in(10'000, 0, 60), wrong_in(10'000, 5000, 60));
  EXPECT_EQ(verdict_of(few, 0.01), Verdict::kOpen);
  EXPECT_EQ(verdict_of(many, std::nullopt), Verdict::kOpen);
  EXPECT_EQ(verdict_of(many, 0.01), Verdict::kEqual);
  EXPECT_THAT(sentence(many, 0.01), StartsWith("B and A are equal within 0.01 of accuracy: of 10000 rows"));
}

TEST(ComparisonTest, TheLossOfNumbersIsLeftOutSinceEachModelHasAUnitOfItsOwn) {
  NumberMetrics a(Scale{0, 1}), b(Scale{0, 10});
  for (const double value : {1.0, 2.0, 3.0}) {
    a.add_answer(value, "2", "|");
    b.add_answer(value, "2", "|");
  }
  EXPECT_NE(a.loss(), b.loss());
  const OrderedJson figures = to_json(compare(a, b), std::nullopt)["figures"];
  EXPECT_FALSE(figures.contains("loss"));
  EXPECT_EQ(figures["rmse"]["difference"], 0);
}

TEST(ComparisonTest, FiguresThatOneDoesNotHaveAreLeftOut) {
  LabelMetrics scored({"no", "yes"}), plain({"no", "yes"});
  for (size_t row = 0; row < 10; ++row) {
    scored.add(Target(static_cast<double>(row % 2)), std::vector<float>{0, row % 3 == 0 ? 1.0F : -1.0F});
    plain.add(row % 2, row % 2, 0.5);
  }
  const OrderedJson json = to_json(compare(scored, plain), std::nullopt);
  EXPECT_TRUE(json["figures"].contains("mcc"));
  EXPECT_FALSE(json["figures"].contains("roc_auc") || json["figures"].contains("brier"));
  EXPECT_EQ(json["figures"]["accuracy"]["b"], 1);
  EXPECT_THAT(json["sentence"].get<std::string>(), HasSubstr("of 10 rows"));
  EXPECT_EQ(json["won"].get<size_t>() - json["lost"].get<size_t>(), json["won"].get<size_t>());
}

}  // namespace
}  // namespace mtnlp
