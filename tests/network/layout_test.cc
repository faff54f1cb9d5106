#include "network/layout.h"

#include "testing.h"

namespace mtnlp {
namespace {

TEST(Layout, CountsPositionsPerSequence) {
  const int64_t lengths[] = {3, 1, 2};
  const Layout layout = make_layout(lengths);
  EXPECT_EQ(layout.batch(), 3);
  EXPECT_EQ(layout.tokens(), 6);
  EXPECT_EQ(layout.max_length, 3);
  EXPECT_EQ(layout.length(2), 2);
  EXPECT_EQ(layout.offsets, (std::vector<int64_t>{0, 3, 4, 6}));
  EXPECT_TRUE(torch::equal(layout.positions, torch::tensor({0, 1, 2, 0, 0, 1}, torch::kInt64)));
}

TEST(Layout, PackKeepsOrder) {
  const std::vector<int32_t> first = {5, 6}, second = {7};
  const TokenIds sequences[] = {first, second};
  const Batch batch = make_batch(sequences);
  EXPECT_TRUE(torch::equal(batch.ids, torch::tensor({5, 6, 7}, torch::kInt64)));
  EXPECT_EQ(batch.layout.offsets, (std::vector<int64_t>{0, 2, 3}));
}

TEST(Layout, WindowsAreSequencesOfOneText) {
  const std::vector<int32_t> first = {5, 6, 7, 8, 9}, second = {1};
  const TokenIds texts[] = {{first, TokenIds::kNone, 2}, {second, TokenIds::kNone, 2}};
  const Batch batch = make_batch(texts);
  EXPECT_EQ(batch.layout.offsets, (std::vector<int64_t>{0, 2, 4, 5, 6}));
  EXPECT_EQ(batch.layout.windows, (std::vector<int64_t>{3, 1}));
  EXPECT_TRUE(torch::equal(batch.layout.positions, torch::tensor({0, 1, 0, 1, 0, 0}, torch::kInt64)));
  EXPECT_TRUE(make_batch(std::span(texts).last(1)).layout.windows.empty());
}

TEST(Layout, TellsTheTokensOfTheSecondType) {
  const std::vector<int32_t> first = {5, 6, 7}, second = {8}, third = {9, 9};
  const TokenIds without[] = {first, {second, 1}};
  EXPECT_FALSE(make_batch(without).layout.types.defined());
  const TokenIds sequences[] = {{first, 2}, second, {third, 0}};
  const Batch batch = make_batch(sequences);
  EXPECT_TRUE(torch::equal(batch.layout.types, torch::tensor({0, 0, 1, 0, 1, 1}, torch::kInt64)));
}

}  // namespace
}  // namespace mtnlp
