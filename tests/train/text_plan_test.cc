#include "train/text_plan.h"

#include <set>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;

TEST(TextPlanTest, AnEpochTakesEverySequenceOnceInAnOrderOfItsOwn) {
  const TextPlan plan{.sequences = 103, .step_rows = 10, .steps = 22};
  EXPECT_EQ(plan.steps_per_epoch(), 11U);
  std::vector<std::vector<uint32_t>> epochs(2);
  for (uint64_t step = 0; step < 22; ++step) {
    const auto rows = plan.rows(step);
    EXPECT_EQ(rows.size(), step % 11 == 10 ? 3U : 10U);
    epochs[step / 11].insert(epochs[step / 11].end(), rows.begin(), rows.end());
  }
  for (const auto& epoch : epochs) EXPECT_EQ(std::set(epoch.begin(), epoch.end()).size(), 103U);
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_NE(TextPlan({.sequences = 103, .step_rows = 10, .seed = 1}).rows(0), plan.rows(0));
}

TEST(TextPlanTest, ValidatesAfterEveryRoundAndAtTheEnd) {
  const TextPlan plan{.sequences = 5, .steps = 10, .round = 4};
  std::vector<uint64_t> ends;
  for (uint64_t step = 0; step < plan.steps; step = plan.next_validation(step))
    ends.push_back(plan.next_validation(step));
  EXPECT_THAT(ends, ElementsAre(4, 8, 10));
  EXPECT_EQ(plan.rounds_ended(3), 0U);
  EXPECT_EQ(plan.rounds_ended(8), 2U);
  EXPECT_EQ(plan.rounds_ended(9), 2U);
  EXPECT_EQ(plan.rounds_ended(10), 3U);
}

}  // namespace
}  // namespace mtnlp
