#include "train/masking.h"

#include <algorithm>
#include <array>
#include <set>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;

constexpr int32_t kMask = 3, kFirst = 1, kLast = 2;

/// Ids 10 to 999 are plain; even ones begin a word.
MaskedVocabulary vocabulary() {
  MaskedVocabulary all{.mask_id = kMask};
  for (int32_t id = 0; id < 1000; ++id) {
    all.is_plain.push_back(id >= 10);
    all.begins_word.push_back(id % 2 == 0);
    if (id >= 10) all.plain.push_back(id);
  }
  return all;
}

MaskedSequences mask(const std::vector<std::vector<int32_t>>& sequences, const MaskingOptions& options = {},
                     uint64_t key = 1, uint64_t first = 0) {
  const std::vector<TokenIds> spans(sequences.begin(), sequences.end());
  return Masking(vocabulary(), options)(spans, key, first);
}

std::vector<int32_t> sequence_of(size_t words) {
  std::vector<int32_t> ids = {kFirst};
  for (size_t i = 0; i < words; ++i) ids.push_back(static_cast<int32_t>(10 + 2 * (i % 400)));
  ids.push_back(kLast);
  return ids;
}

TEST(MaskingTest, HidesItsShareOfEachSequenceAndAtLeastOneToken) {
  for (const auto& [words, hidden] : {std::pair{1, 1}, {3, 1}, {10, 2}, {100, 15}, {126, 19}}) {
    const auto ids = sequence_of(static_cast<size_t>(words));
    EXPECT_EQ(mask({ids}).targets.size(), static_cast<size_t>(hidden)) << words;
  }
}

TEST(MaskingTest, NeverHidesWhatIsSpecial) {
  const MaskedSequences masked = mask({{kFirst, 5, kLast}, {kFirst, 5, 10, 4, kLast}}, {.share = 1});
  EXPECT_THAT(masked.places, ElementsAre(3 + 2));
  EXPECT_THAT(masked.targets, ElementsAre(10));
  EXPECT_THAT(masked.sequences[0], ElementsAre(kFirst, 5, kLast));
}

TEST(MaskingTest, HidesEightOfTenBehindTheMaskAndOneBehindAnother) {
  std::array<size_t, 3> counts{};  // mask, other, same
  std::set<int32_t> others;
  for (uint64_t key = 0; key < 500; ++key) {
    const auto ids = sequence_of(126);
    const MaskedSequences masked = mask({ids}, {}, key);
    for (size_t i = 0; i < masked.places.size(); ++i) {
      const int32_t seen = masked.sequences[0][static_cast<size_t>(masked.places[i])];
      EXPECT_EQ(masked.targets[i], ids[static_cast<size_t>(masked.places[i])]);
      ++counts[seen == kMask ? 0 : seen == masked.targets[i] ? 2 : 1];
      if (seen != kMask && seen != masked.targets[i]) others.insert(seen);
    }
  }
  const double all = 500 * 19;
  EXPECT_NEAR(static_cast<double>(counts[0]) / all, 0.8, 0.02);
  EXPECT_NEAR(static_cast<double>(counts[1]) / all, 0.1, 0.015);
  EXPECT_NEAR(static_cast<double>(counts[2]) / all, 0.1, 0.015);
  EXPECT_GT(others.size(), 500U);
  EXPECT_GE(*others.begin(), 10);
}

TEST(MaskingTest, EveryPlaceIsHiddenAsOftenAsEveryOther) {
  std::vector<size_t> counts(42);
  for (uint64_t key = 0; key < 4000; ++key)
    for (const int64_t place : mask({sequence_of(40)}, {}, key).places) ++counts[static_cast<size_t>(place)];
  EXPECT_EQ(counts.front(), 0U);
  EXPECT_EQ(counts.back(), 0U);
  for (size_t place = 1; place <= 40; ++place)
    EXPECT_NEAR(static_cast<double>(counts[place]), 600, 110) << place;
}

TEST(MaskingTest, DependsOnKeyRowAndPlaceAlone) {
  const auto a = sequence_of(50), b = sequence_of(60);
  const MaskedSequences both = mask({a, b}), second = mask({b}, {}, 1, 1);
  EXPECT_EQ(both.sequences[1], second.sequences[0]);
  EXPECT_EQ(mask({a, b}).sequences, both.sequences);
  EXPECT_NE(mask({a, b}, {}, 2).sequences, both.sequences);
  EXPECT_NE(mask({b}, {}, 1, 0).sequences, second.sequences);
  for (size_t i = 0; i < second.places.size(); ++i)  // counted through all sequences
    EXPECT_EQ(both.places[both.places.size() - second.places.size() + i],
              second.places[i] + static_cast<int64_t>(a.size()));
}

TEST(MaskingTest, HidesWholeWords) {
  // Words of 1, 2 and 3 pieces in turn.
  std::vector<int32_t> ids = {kFirst};
  for (int32_t word = 0; word < 20; ++word) {
    ids.push_back(100 + 2 * word);
    for (int32_t piece = 0; piece < word % 3; ++piece) ids.push_back(501);
  }
  ids.push_back(kLast);
  for (uint64_t key = 0; key < 200; ++key) {
    const MaskedSequences masked = mask({ids}, {.whole_word = true}, key);
    EXPECT_GE(masked.places.size(), 1U);
    EXPECT_LE(masked.places.size(), 6U);  // 15 % of 39
    const std::set<int64_t> places(masked.places.begin(), masked.places.end());
    for (size_t place = 1; place + 1 < ids.size(); ++place)
      if (ids[place] == 501) {
        EXPECT_EQ(places.contains(static_cast<int64_t>(place)),
                  places.contains(static_cast<int64_t>(place) - 1));
      }
  }
}

TEST(MaskingTest, AWordThatIsTooLongIsHiddenWhenThereIsNoOther) {
  EXPECT_THAT(mask({{kFirst, 10, 11, 13, kLast}}, {.whole_word = true}).places, ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace mtnlp
