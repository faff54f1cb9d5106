#include "infer/batches.h"

#include <numeric>

#include "base/random.h"
#include "network/fixtures.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::Golden;
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
  const Golden golden("tiny-distilbert");
  std::vector<TokenIds> texts;
  for (int repeat = 0; repeat < 30; ++repeat)  // several batches
    texts.insert(texts.end(), golden.sequences.begin(), golden.sequences.end());
  const size_t tokens = std::accumulate(texts.begin(), texts.end(), size_t{0},
                                        [](size_t sum, const auto& text) { return sum + text.size(); });
  EXPECT_GT(tokens, 3 * kTokenBudget);
  const auto each = static_cast<int64_t>(golden.sequences.size());
  for (const int threads : {1, 3}) {
    const auto engine = testing::tiny_engine("tiny-distilbert", Precision::kFp32, threads);
    const torch::Tensor all = testing::as_tensor(embed_all(*engine, texts));
    for (int64_t repeat = 0; repeat < 30; ++repeat)
      EXPECT_LE(max_difference(all.slice(0, repeat * each, (repeat + 1) * each), golden.tensor("mean")),
                1e-5);
  }
}

TEST(EmbedAll, NothingIsAnEmptyMatrix) {
  const Matrix none = embed_all(*testing::tiny_engine("tiny-distilbert"), {});
  EXPECT_EQ(none.rows, 0U);
  EXPECT_EQ(none.columns, 32U);
}

TEST(ForLengthBatches, GivesResultsInOrderAndTheFirstError) {
  const std::vector<std::vector<int32_t>> sequences(40, std::vector<int32_t>(100, 1));
  const std::vector<TokenIds> texts(sequences.begin(), sequences.end());
  const auto batches = length_batches(texts);
  EXPECT_EQ(batches.size(), 8U);
  for (const int threads : {1, 4}) {
    size_t next = 0;
    for_length_batches(
        texts, threads, [](const std::vector<TokenIds>& batch) { return batch.size(); },
        [&](std::span<const uint32_t> indices, size_t size) {
          EXPECT_THAT(indices, ::testing::ElementsAreArray(batches[next++]));
          EXPECT_EQ(size, indices.size());
        });
    EXPECT_EQ(next, batches.size());
    const auto fail = [](const std::vector<TokenIds>&) -> int { throw std::runtime_error("broken"); };
    EXPECT_THROW(for_length_batches(texts, threads, fail, [](std::span<const uint32_t>, int) {}),
                 std::runtime_error);
  }
}

}  // namespace
}  // namespace mtnlp
