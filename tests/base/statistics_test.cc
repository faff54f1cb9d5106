#include "base/statistics.h"

#include <cmath>
#include <vector>

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

TEST(StatisticsTest, PointsOfStudentsDistributionAreThoseOfTheTables) {
  // scipy.stats.t.ppf(0.975, freedom)
  const std::pair<double, double> points[] = {{1, 12.706204736},  {2, 4.302652730}, {2.5, 3.574654842},
                                              {3, 3.182446305},   {7, 2.364624252}, {30, 2.042272456},
                                              {1000, 1.962339081}};
  for (const auto& [freedom, point] : points)
    EXPECT_NEAR(student_t95(freedom), point, 1e-4 * point) << freedom;
}

TEST(StatisticsTest, AMeanHasItsInterval) {
  const std::vector<double> values = {0.70, 0.72, 0.71};
  const Estimate mean = estimate(values);
  EXPECT_NEAR(mean.mean, 0.71, 1e-12);
  EXPECT_NEAR(mean.variance, 1e-4, 1e-12);
  EXPECT_NEAR(mean.half_width(), 4.302652730 * 0.01 / std::sqrt(3), 1e-6);
  EXPECT_TRUE(std::isnan(estimate(std::vector<double>{}).mean));
  EXPECT_TRUE(std::isnan(estimate(std::vector<double>{1}).half_width()));
}

TEST(StatisticsTest, ADifferenceIsThatOfWelch) {
  // scipy.stats.ttest_ind(a, b, equal_var=False).confidence_interval()
  const std::vector<double> a = {0.71, 0.72, 0.74, 0.73}, b = {0.70, 0.69, 0.65};
  const double width = difference_half_width(estimate(a), estimate(b));
  EXPECT_NEAR(width, 0.0559824, 1e-5);
  EXPECT_TRUE(std::isnan(difference_half_width(estimate(a), estimate(std::vector<double>{1}))));
}

TEST(StatisticsTest, TheSignTestIsThatOfScipy) {
  const Json golden = read_json(testing::test_path("golden/eval/metrics.json"));
  EXPECT_GE(golden["sign_test"].size(), 10U);
  for (const Json& one : golden["sign_test"]) {
    const auto won = one["won"].get<uint64_t>(), lost = one["lost"].get<uint64_t>();
    EXPECT_NEAR(sign_test(won, lost), one["p"].get<double>(), 1e-10) << won << " : " << lost;
    EXPECT_DOUBLE_EQ(sign_test(lost, won), sign_test(won, lost));
  }
  EXPECT_EQ(sign_test(0, 0), 1);
  EXPECT_EQ(sign_test(0, 1'000'000), 0);
}

TEST(StatisticsTest, SeveralTestsAreCorrectedAsHolmDoes) {
  const std::vector<double> p = {0.01, 0.04, 0.03, 0.005};
  const std::vector<double> corrected = holm_corrected(p);
  const std::vector<double> expected = {0.03, 0.06, 0.06,
                                        0.02};  // 4 · 0.005, 3 · 0.01, 2 · 0.03, and no less
  ASSERT_EQ(corrected.size(), expected.size());
  for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(corrected[i], expected[i], 1e-12);
  EXPECT_EQ(holm_corrected(std::vector{0.7, 0.8}), (std::vector{1.0, 1.0}));
  EXPECT_TRUE(holm_corrected({}).empty());
}

TEST(StatisticsTest, MoreValuesTellASmallerDifferenceApart) {
  const auto needed = [](double difference) {
    return values_to_tell_apart({3, 0.7 + difference, 1e-4}, {3, 0.7, 1e-4});
  };
  EXPECT_EQ(needed(0), 0U);
  EXPECT_LT(needed(0.02), needed(0.01));
  // n with t(2n - 2) * sqrt(2e-4 / n) just below the difference
  const size_t count = needed(0.01);
  const auto half_width = [](size_t n) {
    return student_t95(2.0 * static_cast<double>(n) - 2) * std::sqrt(2e-4 / static_cast<double>(n));
  };
  EXPECT_LT(half_width(count), 0.01);
  EXPECT_GE(half_width(count - 1), 0.01);
  EXPECT_EQ(needed(1e-9), 1000U);
}

TEST(StatisticsTest, FishersTestIsThatOfScipy) {
  // scipy.stats.fisher_exact([[a, rows_a - a], [b, rows_b - b]])
  EXPECT_NEAR(fisher_test(10, 10, 18, 90), 7.581094972925383e-07, 1e-15);
  EXPECT_NEAR(fisher_test(0, 5, 3, 7), 0.20454545454545459, 1e-12);
  EXPECT_NEAR(fisher_test(3, 9, 0, 4), 0.49650349650349657, 1e-12);
  EXPECT_NEAR(fisher_test(200, 4000, 900, 30000), 2.692140694738722e-10, 1e-17);
  EXPECT_NEAR(fisher_test(1, 10, 9, 90), 1, 1e-12);
  EXPECT_NEAR(fisher_test(0, 10, 0, 90), 1, 1e-12);
}

TEST(StatisticsTest, HolmMultipliesTheLeastByAllAndTheNextByOneLess) {
  const std::vector<double> corrected = holm_corrected(std::vector<double>{0.03, 0.001, 0.02, 0.9});
  EXPECT_DOUBLE_EQ(corrected[1], 0.004);
  EXPECT_DOUBLE_EQ(corrected[2], 0.06);
  EXPECT_DOUBLE_EQ(corrected[0], 0.06);  // never below that of a smaller one
  EXPECT_DOUBLE_EQ(corrected[3], 0.9);
  EXPECT_TRUE(holm_corrected({}).empty());
}

}  // namespace
}  // namespace mtnlp
