#include "train/soft_labels.h"

#include <map>

#include "testing.h"

namespace mtnlp {
namespace {

/// Returns the row ids of the steps 0 to `steps` - 1, of `texts` texts behind `first` other rows.
std::vector<std::vector<uint32_t>> rows_of_steps(uint32_t first, size_t texts, size_t steps) {
  SoftLabels labels{1, 1, first};
  labels.rows.resize(texts);
  const SoftSteps soft(std::move(labels), {.batch_size = 4, .grad_accumulation = 2, .seed = 7});
  std::vector<std::vector<uint32_t>> all;
  for (size_t step = 0; step < steps; ++step) {
    std::vector<uint32_t>& rows = all.emplace_back();
    for (const std::vector<uint32_t>& batch : soft.micro_batches(step)) {
      EXPECT_LE(batch.size(), 4U);
      rows.insert(rows.end(), batch.begin(), batch.end());
    }
  }
  return all;
}

TEST(SoftStepsTest, EveryStepHasAsManyTextsAndEveryTextItsTurn) {
  std::map<uint32_t, size_t> counts;
  for (const auto& rows : rows_of_steps(100, 13, 13)) {
    EXPECT_EQ(rows.size(), 8U);
    for (const uint32_t row : rows) ++counts[row];
  }
  ASSERT_EQ(counts.size(), 13U);
  EXPECT_EQ(counts.begin()->first, 100U);
  for (const auto& [row, count] : counts) EXPECT_EQ(count, 8U);
}

TEST(SoftStepsTest, FewTextsAreAllInEveryStep) {
  for (auto& rows : rows_of_steps(5, 3, 4)) {
    std::ranges::sort(rows);
    EXPECT_EQ(rows, (std::vector<uint32_t>{5, 6, 7}));
  }
}

}  // namespace
}  // namespace mtnlp
