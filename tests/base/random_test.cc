#include "base/random.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "testing.h"

namespace mtnlp {
namespace {

/// Pearson's statistic of counts that should be equal; its mean is counts - 1, its deviation sqrt(2 (counts -
/// 1)).
double chi_square(const std::vector<size_t>& counts) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), size_t{0}));
  const double expected = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const size_t count : counts)
    sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
  return sum;
}

TEST(Random, IsSplitMix64) {  // the first numbers of the published generator for seed 0
  KeyedRandom random(0);
  EXPECT_EQ(random.next(), 0xe220a8397b1dcdafU);
  EXPECT_EQ(random.next(), 0x6e789e6aa1b965f4U);
  EXPECT_EQ(random.next(), 0x06c45d188009454fU);
}

TEST(Random, KeysDependOnEveryPartAndTheirOrder) {
  EXPECT_EQ(hash_key(1, 2, 3), hash_key(1, 2, 3));
  EXPECT_NE(hash_key(1, 2, 3), hash_key(1, 3, 2));
  EXPECT_NE(hash_key(1, 2), hash_key(2, 1));
  EXPECT_NE(hash_key(1, 2), hash_key(1, 2, 0));
  EXPECT_NE(hash_key(1), hash_key(1, 0));
}

TEST(Random, BelowStaysBelow) {
  KeyedRandom random(7);
  for (const uint64_t bound :
       {uint64_t{1}, uint64_t{2}, uint64_t{7}, uint64_t{1} << 32, (uint64_t{1} << 63) + 1, ~uint64_t{0}})
    for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(bound), bound);
}

TEST(Random, BelowIsUniform) {
  KeyedRandom random(8);
  std::vector<size_t> counts(7), halves(2);
  const uint64_t large = (uint64_t{3} << 62) + 1;  // most 64-bit numbers would be biased without rejection
  for (int i = 0; i < 70'000; ++i) {
    ++counts[random.below(7)];
    ++halves[random.below(large) >= large / 2];
  }
  EXPECT_LT(chi_square(counts), 25);  // 6 degrees of freedom: beyond it once in 3000 keys
  EXPECT_LT(chi_square(halves), 12);
}

TEST(Random, UniformFillsTheUnitInterval) {
  KeyedRandom random(9);
  std::vector<size_t> counts(16);
  double sum = 0;
  for (int i = 0; i < 64'000; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
    ++counts[static_cast<size_t>(value * 16)];
  }
  EXPECT_NEAR(sum / 64'000, 0.5, 0.005);
  EXPECT_LT(chi_square(counts), 40);
}

TEST(Random, ShuffleIsAPureFunctionOfTheKey) {
  std::vector<int> first(100), second(100), other(100);
  for (auto* items : {&first, &second, &other}) std::iota(items->begin(), items->end(), 0);
  KeyedRandom a(1), b(1), c(2);
  shuffle(first, a);
  shuffle(second, b);
  shuffle(other, c);
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
  std::sort(first.begin(), first.end());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(first[static_cast<size_t>(i)], i);
}

TEST(Random, ShuffleIsUniform) {
  std::map<std::string, size_t> orders;
  for (uint64_t key = 0; key < 24'000; ++key) {  // neighbouring keys, as neighbouring epochs have
    std::vector<char> items = {'a', 'b', 'c', 'd'};
    KeyedRandom random(key);
    shuffle(items, random);
    ++orders[std::string(items.begin(), items.end())];
  }
  std::vector<size_t> counts;
  for (const auto& [order, count] : orders) counts.push_back(count);
  ASSERT_EQ(counts.size(), 24U);
  EXPECT_LT(chi_square(counts), 52);  // 23 degrees of freedom
}

TEST(Random, ShuffleOfNothingOrOne) {
  KeyedRandom random(1);
  std::vector<int> none, one = {5};
  shuffle(none, random);
  shuffle(one, random);
  EXPECT_EQ(one[0], 5);
}

TEST(Random, AnOrderHoldsEveryNumberOnceAndDependsOnItsKey) {
  for (const uint64_t size : {1, 2, 3, 4, 5, 16, 17, 1000, 4097}) {
    std::vector<uint64_t> order, other;
    for (uint64_t place = 0; place < size; ++place) {
      order.push_back(KeyedOrder(1, size)[place]);
      other.push_back(KeyedOrder(2, size)[place]);
    }
    if (size > 100) {
      EXPECT_NE(order, other);
    }
    std::ranges::sort(order);
    for (uint64_t number = 0; number < size; ++number) EXPECT_EQ(order[number], number) << size;
  }
}

TEST(Random,
     AnOrderIsUniform) {  // which number is first, over keys; and how often neighbours stay neighbours
  std::vector<size_t> first(20);
  for (uint64_t key = 0; key < 20'000; ++key) ++first[KeyedOrder(key, 20)[0]];
  EXPECT_LT(chi_square(first), 48);  // 19 degrees of freedom
  const KeyedOrder order(3, 100'000);
  size_t neighbours = 0;
  for (uint64_t place = 1; place < order.size(); ++place) neighbours += order[place] == order[place - 1] + 1;
  EXPECT_LT(neighbours, 10U);
}

}  // namespace
}  // namespace mtnlp
