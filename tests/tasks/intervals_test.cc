#include "tasks/intervals.h"

#include <cmath>

#include "base/json.h"
#include "base/random.h"
#include "tasks/class_counts.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::test_path;

TEST(WilsonInterval, EqualsScipy) {
  const Json golden = read_json(test_path("golden/eval/metrics.json"));
  for (const Json& one : golden["wilson"]) {
    const auto interval = wilson_interval(one["hits"].get<uint64_t>(), one["trials"].get<uint64_t>());
    for (size_t i : {0, 1})
      EXPECT_NEAR(interval[i], one["interval"][i].get<double>(), 1e-12)
          << one["hits"] << " of " << one["trials"];
  }
  EXPECT_THAT(wilson_interval(0, 0), ElementsAre(0, 1));
}

/// Returns the mean of 0, 1, 2 ... where they occur so often.
std::vector<double> mean(std::span<const uint32_t> counts) {
  double sum = 0, rows = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    sum += static_cast<double>(i) * counts[i];
    rows += counts[i];
  }
  return {sum / rows};
}

TEST(Bootstrap, OfAMeanIsWhatTheNormalDistributionSays) {
  constexpr size_t kRows = 400;
  const double value = (kRows - 1) / 2.0;
  const Interval95 interval = bootstrap_intervals(kRows, std::vector{value}, mean)[0];
  const double half = 1.96 * std::sqrt((kRows * kRows - 1) / 12.0 / kRows);
  EXPECT_NEAR(interval[0], value - half, 0.15 * half);
  EXPECT_NEAR(interval[1], value + half, 0.15 * half);
}

TEST(Bootstrap, DrawsAsManyRowsAsThereAreFromTheSeed) {
  const auto draw = [](uint64_t seed) {
    std::vector<std::vector<uint32_t>> samples;
    bootstrap_intervals(20, std::vector{0.0},
                        [&](std::span<const uint32_t> counts) {
                          samples.emplace_back(counts.begin(), counts.end());
                          uint64_t sum = 0;
                          for (const uint32_t count : counts) sum += count;
                          EXPECT_EQ(sum, 20U);
                          return std::vector{0.0};
                        },
                        {.seed = seed});
    return samples;
  };
  EXPECT_EQ(draw(1).size(), 1000U);
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(Bootstrap, AnIntervalHoldsABiasedValueAndLeavesOutWhatIsNotKnown) {
  size_t sample = 0;
  const auto intervals = bootstrap_intervals(5, std::vector{-1.0, 9.0, double(NAN)}, [&](auto) {
    return std::vector{1.0, ++sample % 2 == 0 ? double(NAN) : 7.0, 3.0};
  });
  EXPECT_THAT(intervals[0], ElementsAre(-1, 1));
  EXPECT_THAT(intervals[1], ElementsAre(7, 9));
  EXPECT_TRUE(std::isnan(intervals[2][0]) && std::isnan(intervals[2][1]));
  EXPECT_TRUE(std::isnan(bootstrap_intervals(0, std::vector{0.0}, mean)[0][0]));
}

TEST(ClassCountsTest, TheIntervalOfF1HoldsTheTrueOneNineteenTimesInTwenty) {
  // A class of 30 % of the rows that is found in 70 % of them; other rows are taken for it in 10 %.
  const double truth = 2 * 0.21 / (0.3 + 0.21 + 0.07);
  size_t held = 0;
  for (uint64_t trial = 0; trial < 1000; ++trial) {
    KeyedRandom random(hash_key(3, trial));
    ClassCounts counts(2);
    for (int row = 0; row < 200; ++row) {
      const size_t gold = random.uniform() < 0.3 ? 1 : 0;
      counts.add(gold, random.uniform() < (gold == 1 ? 0.7 : 0.1) ? 1 : 0);
    }
    const Interval95 interval = counts.f1_interval(1);
    held += interval[0] <= truth && truth <= interval[1] ? 1 : 0;
  }
  EXPECT_GE(held, 930U);
  EXPECT_LE(held, 970U);
}

}  // namespace
}  // namespace mtnlp
