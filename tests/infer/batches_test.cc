#include "infer/batches.h"

#include <numeric>

#include "base/random.h"
#include "network/fixtures.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::Golden;
using testing::load_tiny;
using testing::max_difference;

using Batches = std::vector<std::vector<uint32_t>>;

Batches cut(const std::vector<size_t>& lengths, size_t budget) {
  return length_batches(lengths, budget);
}

TEST(LengthBatches, LongestFirstEqualLengthsInOrder) {
  EXPECT_THAT(cut({3, 5, 3, 9, 5}, 1000), ElementsAre(ElementsAre(3, 1, 4, 0, 2)));
}

TEST(LengthBatches, CutByTheBudget) {
  EXPECT_EQ(cut({4, 4, 4, 4, 4}, 8), (Batches{{0, 1}, {2, 3}, {4}}));
  EXPECT_EQ(cut({4, 4, 4}, 11), (Batches{{0, 1}, {2}}));
  EXPECT_EQ(cut({6, 1, 1, 1}, 8), (Batches{{0, 1, 2}, {3}}));
}

TEST(LengthBatches, OneSequenceAtLeast) {
  EXPECT_EQ(cut({50, 7, 60}, 8), (Batches{{2}, {0}, {1}}));
  EXPECT_TRUE(cut({}, 8).empty());
}

TEST(LengthBatches, EverySequenceOnceWithinTheBudget) {
  KeyedRandom random(3);
  for (int draw = 0; draw < 20; ++draw) {
    std::vector<size_t> lengths(1 + random.below(300));
    for (size_t& length : lengths) length = 2 + random.below(126);
    std::vector<bool> seen(lengths.size());
    size_t shortest = 1000;
    for (const std::vector<uint32_t>& batch : cut(lengths, 256)) {
      size_t tokens = 0;
      for (const uint32_t index : batch) {
        EXPECT_FALSE(seen[index]);
        seen[index] = true;
        tokens += lengths[index];
        EXPECT_LE(lengths[index], shortest);
        shortest = lengths[index];
      }
      EXPECT_LE(tokens, 256U);
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), true), static_cast<int64_t>(lengths.size()));
  }
}

TEST(EmbedAll, OrderIsThatOfTheInput) {
  const testing::Threads one(1);
  Model model;
  model.encoder = load_tiny("tiny-distilbert");
  const Golden golden("tiny-distilbert");
  std::vector<std::span<const int32_t>> sequences;
  for (int repeat = 0; repeat < 30; ++repeat)  // several batches
    sequences.insert(sequences.end(), golden.sequences.begin(), golden.sequences.end());
  const size_t tokens =
      std::accumulate(sequences.begin(), sequences.end(), size_t{0},
                      [](size_t sum, const auto& sequence) { return sum + sequence.size(); });
  EXPECT_GT(tokens, 3 * kTokenBudget);
  const torch::Tensor all = embed_all(model, sequences, torch::kCPU);
  EXPECT_FALSE(all.requires_grad());
  const auto each = static_cast<int64_t>(golden.sequences.size());
  for (int64_t repeat = 0; repeat < 30; ++repeat)
    EXPECT_LE(max_difference(all.slice(0, repeat * each, (repeat + 1) * each), golden.tensor("mean")), 1e-5);
}

TEST(EmbedAll, NothingIsAnEmptyMatrix) {
  Model model;
  model.encoder = load_tiny("tiny-distilbert");
  EXPECT_EQ(embed_all(model, {}, torch::kCPU).sizes(), (std::vector<int64_t>{0, 32}));
}

}  // namespace
}  // namespace mtnlp
