#include "data/mixing.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

constexpr double kEqual = std::numeric_limits<double>::infinity();

TEST(MixingTest, IsReadFromItsName) {
  EXPECT_EQ(parse_mixing("proportional").temperature, 1);
  EXPECT_FALSE(parse_mixing("proportional").sequential);
  EXPECT_EQ(parse_mixing("equal").temperature, kEqual);
  EXPECT_EQ(parse_mixing("temperature:2.5").temperature, 2.5);
  EXPECT_TRUE(parse_mixing("sequential").sequential);
  expect_error([] { parse_mixing("eqal"); }, {"mixing", "\"eqal\" is not known", "did you mean \"equal\"?"});
  expect_error([] { parse_mixing("temperature:0.5"); }, {"\"0.5\" is not a temperature", "from 1"});
  expect_error([] { parse_mixing("temperature:nan"); }, {"\"nan\" is not a temperature"});
  expect_error([] { parse_mixing(""); }, {"\"\" is not known"});
}

TEST(MixingTest, SharesFollowTheFormula) {
  const std::vector<size_t> rows = {100, 10'000, 0, 1'000'000};
  for (const double temperature : {1.0, 2.0, 3.0, 10.0, kEqual}) {
    constexpr size_t kSteps = 100'000;
    const std::vector<size_t> shares = share_steps(rows, kSteps, temperature);
    double sum = 0;
    for (const size_t n : rows)
      if (n > 0) sum += std::pow(static_cast<double>(n), 1 / temperature);
    for (size_t i = 0; i < rows.size(); ++i) {
      const double p = rows[i] == 0 ? 0 : std::pow(static_cast<double>(rows[i]), 1 / temperature) / sum;
      EXPECT_NEAR(static_cast<double>(shares[i]), p * kSteps, 1) << temperature << ", source " << i;
    }
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), size_t{0}), kSteps);
  }
}

TEST(MixingTest, EverySourceWithRowsHasAStepAndTheSumIsKept) {
  EXPECT_THAT(share_steps({1, 1'000'000, 1}, 4, 1), ElementsAre(1, 2, 1));
  EXPECT_THAT(share_steps({1, 1'000'000, 0}, 2, 1), ElementsAre(1, 1, 0));
  EXPECT_THAT(share_steps({7, 7, 7}, 5, 1), ElementsAre(2, 2, 1));
  EXPECT_THAT(share_steps({0, 3}, 9, kEqual), ElementsAre(0, 9));
  expect_error([] { share_steps({1, 1, 1}, 2, 1); }, {"steps_per_epoch", "2", "3 files"});
}

}  // namespace
}  // namespace mtnlp
