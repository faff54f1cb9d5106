#include "sweep/halving.h"

#include "testing.h"

namespace mtnlp {
namespace {

std::vector<std::pair<size_t, uint64_t>> pairs(size_t settings, uint64_t epochs) {
  std::vector<std::pair<size_t, uint64_t>> list;
  for (const Rung& rung : rungs_of(settings, epochs)) list.emplace_back(rung.settings, rung.epochs);
  return list;
}

TEST(HalvingTest, HalfGoesOnToTwiceTheEpochs) {
  using Pairs = std::vector<std::pair<size_t, uint64_t>>;
  EXPECT_EQ(pairs(8, 8), (Pairs{{8, 1}, {4, 2}, {2, 4}, {1, 8}}));
  EXPECT_EQ(pairs(5, 3), (Pairs{{5, 1}, {3, 2}, {2, 3}}));
  EXPECT_EQ(pairs(2, 8), (Pairs{{2, 4}, {1, 8}}));
  EXPECT_EQ(pairs(1, 8), (Pairs{{1, 8}}));
  EXPECT_EQ(pairs(9, 1), (Pairs{{9, 1}}));
}

TEST(HalvingTest, TheBudgetBoundsWhatStarts) {
  EXPECT_EQ(epochs_of(rungs_of(8, 8)), 8U + 4 + 2 * 2 + 4);
  for (const double budget : {0.0, 5.0, 40.0, 100.0, 1e9}) {
    const size_t count = settings_in_budget(50, 3, 8, budget);
    EXPECT_TRUE(count == 1 || static_cast<double>(3 * epochs_of(rungs_of(count, 8))) <= budget) << budget;
    EXPECT_LE(count, 50U);
  }
  EXPECT_EQ(settings_in_budget(50, 3, 8, 1e9), 50U);
  EXPECT_EQ(settings_in_budget(50, 3, 8, 0), 1U);
}

}  // namespace
}  // namespace mtnlp
