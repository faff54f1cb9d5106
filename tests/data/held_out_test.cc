#include "data/held_out.h"

#include <algorithm>
#include <set>

#include "base/random.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kPercent = UINT64_MAX / 100;

class HeldOutTest : public ::testing::Test {
 protected:
  /// Takes texts of one id; returns those given back, in order.
  std::vector<int32_t> take(HeldOut& held_out, const std::vector<std::pair<uint64_t, int32_t>>& texts) {
    std::vector<int32_t> released;
    for (const auto& [hash, id] : texts)
      held_out.take(hash, {id}, [&](const HeldOut::Ids& ids) { released.push_back(ids.at(0)); });
    return released;
  }
  static std::vector<uint64_t> hashes(const HeldOut& held_out) {
    std::vector<uint64_t> all;
    for (const auto& [hash, text] : held_out.texts()) all.push_back(hash);
    return all;
  }
};

TEST_F(HeldOutTest, KeepsAboutItsShareOfManyTexts) {
  HeldOut held_out(0.01, 100'000);
  size_t released = 0;
  for (uint64_t text = 0; text < 50'000; ++text)
    held_out.take(mix64(text), {1}, [&](const HeldOut::Ids&) { ++released; });
  EXPECT_EQ(released + held_out.texts().size(), 50'000U);
  EXPECT_NEAR(static_cast<double>(held_out.texts().size()), 500, 100);
}

TEST_F(HeldOutTest, KeepsTheSmallestHashesWhenThereAreTooMany) {
  HeldOut held_out(0.01, 3);
  EXPECT_THAT(take(held_out, {{5, 1}, {3, 2}, {9, 3}, {4, 4}, {7, 5}, {1, 6}}), ElementsAre(3, 5, 1));
  EXPECT_THAT(hashes(held_out), ElementsAre(1, 3, 4));
}

TEST_F(HeldOutTest, KeepsOneEvenWhenNoneIsOfTheShare) {
  HeldOut held_out(0.01, 3);
  const uint64_t above = 50 * kPercent;
  EXPECT_THAT(take(held_out, {{above + 5, 1}, {above + 7, 2}, {above + 3, 3}}), ElementsAre(2, 1));
  EXPECT_THAT(hashes(held_out), ElementsAre(above + 3));
  EXPECT_THAT(take(held_out, {{7, 4}, {8, 5}, {above, 6}}), ElementsAre(3, 6));
  EXPECT_THAT(hashes(held_out), ElementsAre(7, 8));
}

TEST_F(HeldOutTest, ATextIsHeldOutWithItsCopiesAndComesBackWithThem) {
  HeldOut held_out(0.01, 2);
  EXPECT_THAT(take(held_out, {{9, 1}, {9, 1}, {9, 1}, {5, 2}}), ElementsAre());
  EXPECT_THAT(take(held_out, {{4, 3}}), ElementsAre(1, 1, 1));
  EXPECT_THAT(take(held_out, {{9, 1}}), ElementsAre(1));
}

TEST_F(HeldOutTest, DoesNotDependOnTheOrderOfTheTexts) {
  std::vector<uint64_t> texts(5000);
  for (size_t i = 0; i < texts.size(); ++i) texts[i] = mix64(i);
  std::set<std::vector<uint64_t>> results;
  for (int turn = 0; turn < 3; ++turn) {
    HeldOut held_out(0.01, 20);
    for (const uint64_t hash : texts) held_out.take(hash, {}, [](const HeldOut::Ids&) {});
    results.insert(hashes(held_out));
    KeyedRandom random(static_cast<uint64_t>(turn));
    shuffle(texts, random);
  }
  EXPECT_EQ(results.size(), 1U);
}

}  // namespace
}  // namespace mtnlp
