#include "eval/slices.h"

#include "report/tables.h"
#include "tasks/label_metrics.h"
#include "tasks/label_set_metrics.h"
#include "tasks/number_metrics.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// 100 rows of a task; every fifth answer is wrong, and all of the rows 50 to 59.
class SlicesTest : public ::testing::Test {
 protected:
  SlicesTest() {
    for (uint32_t row = 0; row < 100; ++row) {
      metrics_.add(0, row % 5 == 0 || is_hard(row) ? 1 : 0, 0.5);
      rows_.push_back(row);
    }
  }
  static bool is_hard(uint32_t row) { return row / 10 == 5; }
  Grouping grouping(const std::string& by, size_t groups) const {
    Grouping grouping{by};
    for (size_t i = 0; i < groups; ++i) grouping.names.push_back(std::to_string(i));
    for (const uint32_t row : rows_) grouping.groups.push_back(row % groups);
    return grouping;
  }
  std::vector<Slice> slices(const std::vector<Grouping>& groupings) const {
    return slices_of(*metrics_.row_figures(), rows_, groupings);
  }

  LabelMetrics metrics_{{"a", "b"}};
  std::vector<uint32_t> rows_;
};

TEST_F(SlicesTest, OneThatIsWorseBeyondNoiseIsNamedAndNoOther) {
  Grouping hard = grouping("topic", 2);
  for (const uint32_t row : rows_) hard.groups[row] = is_hard(row) ? 0 : 1;
  const std::vector<Slice> found = slices({hard, grouping("half", 2), grouping("third", 3)});
  ASSERT_EQ(found.size(), 7U);
  EXPECT_EQ(found[0].rows, 10U);
  EXPECT_EQ(found[0].wrong, 10U);
  EXPECT_EQ(found[0].other_rows, 90U);
  EXPECT_EQ(found[0].other_wrong, 18U);
  for (const Slice& slice : found) EXPECT_EQ(slice.is_worse(), &slice == &found[0]) << slice.by << slice.name;
  const std::string text = slices_text("mood", found);
  EXPECT_THAT(text,
              HasSubstr("mood: worse where topic: 0: of 10 rows 100.0 % are wrong, of the others 20.0 %\n"));
  EXPECT_THAT(slices_text("mood", slices({grouping("half", 2)})),
              HasSubstr("mood: no slice is worse than the other rows beyond noise\n"));
  const OrderedJson json = slices_json(found);
  EXPECT_EQ(json[0]["worse"], true);
  EXPECT_EQ(json[0]["error_rate"], 1);
  EXPECT_EQ(json[0]["other_error_rate"], 0.2);
}

TEST_F(SlicesTest, OfSeveralLabelsARowIsWrongThatHasAnyWrong) {
  LabelSetMetrics tags({"a", "b"});
  const Target both(std::make_shared<const LabelSet>(LabelSet{0, 1}));
  for (const uint32_t row : rows_)  // most rows have an error of 1/3, so that the median is no limit
    tags.add_answer(both, row < 20 ? "a|b" : "a", "|");
  Grouping parts = grouping("part", 2);
  for (const uint32_t row : rows_) parts.groups[row] = row < 40 ? 0 : 1;
  const std::vector<Slice> found = slices_of(*tags.row_figures(), rows_, std::vector{parts});
  EXPECT_EQ(found[0].wrong, 20U);
  EXPECT_EQ(found[1].wrong, 60U);
  EXPECT_THAT(slices_text("tags", found), HasSubstr("of 60 rows 100.0 % are wrong, of the others 50.0 %\n"));
  EXPECT_EQ(slices_json(found)[1]["wrong"], 60);
}

TEST_F(SlicesTest, OfNumbersThoseFartherOffThanTheMedianAreCounted) {
  NumberMetrics stars(Scale{});
  for (const uint32_t row : rows_) stars.add(0, std::vector<float>{static_cast<float>(row)});
  Grouping halves = grouping("half", 2);
  for (const uint32_t row : rows_) halves.groups[row] = row < 50 ? 0 : 1;
  const std::vector<Slice> found = slices_of(*stars.row_figures(), rows_, std::vector{halves});
  EXPECT_EQ(found[0].wrong, 0U);
  EXPECT_EQ(found[1].wrong, 49U);
  const std::string text = slices_text("stars", found);
  EXPECT_THAT(text, HasSubstr("   rows   error above the median   "));
  EXPECT_THAT(text, HasSubstr("of 50 rows 98.0 % have an error above the median, of the others 0.0 %\n"));
  EXPECT_THAT(text, Not(HasSubstr("wrong")));
  const OrderedJson json = slices_json(found)[1];
  EXPECT_EQ(json["above_median"], 49);
  EXPECT_EQ(json["above_median_rate"], 0.98);
  EXPECT_EQ(json["other_above_median"], 0);
  EXPECT_FALSE(json.contains("wrong") || json.contains("error_rate"));
}

TEST_F(SlicesTest, WithManySlicesOneMustBeWorseByMore) {
  Grouping tenth = grouping("tenth", 10);
  for (const uint32_t row : rows_) tenth.groups[row] = row / 10;
  EXPECT_TRUE(slices({tenth})[5].is_worse());
  Grouping weak = grouping("weak", 2);  // 10 wrong of 20
  for (const uint32_t row : rows_)
    weak.groups[row] = is_hard(row) && row < 57 ? 0 : is_hard(row - 20) ? 0 : 1;
  const double p = slices({weak})[0].p;
  std::vector<Grouping> many(30, weak);
  EXPECT_LT(p, 0.05);
  EXPECT_NEAR(slices(many)[0].corrected, std::min(1.0, 60 * p), 1e-12);
}

TEST_F(SlicesTest, FewRowsAndAllRowsAreNone) {
  EXPECT_EQ(slices({grouping("all", 1)}).size(), 0U);
  EXPECT_EQ(slices({grouping("of four", 25)}).size(), 0U);
  EXPECT_EQ(slices({grouping("of five", 20)}).size(), 20U);
  EXPECT_THAT(slices_text("mood", {}), HasSubstr("mood: no slice has 5 rows"));
}

TEST_F(SlicesTest, LengthsAreCutIntoQuarters) {
  std::vector<size_t> of_rows;
  for (const uint32_t row : rows_) of_rows.push_back(1 + row / 20);  // 1 to 5 tokens
  const Grouping lengths = group_by_length(of_rows, rows_, 100);
  EXPECT_THAT(lengths.names, ElementsAre("1 to 2 tokens", "3 tokens", "4 tokens", "5 tokens"));
  EXPECT_EQ(lengths.groups[0], 0U);
  EXPECT_EQ(lengths.groups[39], 0U);
  EXPECT_EQ(lengths.groups[40], 1U);
  EXPECT_EQ(lengths.groups[99], 3U);
  EXPECT_THAT(group_by_length(std::vector<size_t>{1, 1}, std::vector<uint32_t>{0, 1}, 100).names,
              ElementsAre("1 tokens"));
}

TEST_F(SlicesTest, WhatIsLongerThanTheLimitIsCut) {
  const std::vector<size_t> lengths = {7, 8, 9, 12, 13};
  const std::vector<uint32_t> rows = {4, 0, 1, 2, 3};
  EXPECT_THAT(group_by_truncation(lengths, rows, 6, {.max_length = 8}).groups,
              ElementsAre(1, 0, 0, 0, 1, Grouping::kNone));
  EXPECT_THAT(group_by_truncation(lengths, rows, 6, {.max_length = 8, .stride = 4, .max_windows = 2}).groups,
              ElementsAre(1, 1, 1, 0, 1, Grouping::kNone));
}

TEST_F(SlicesTest, OfAColumnTheCommonestValuesCount) {
  std::vector<RowPlace> places;
  for (const uint32_t row : rows_)
    places.push_back({row + 2, 0, {std::to_string(row < 30 ? 0 : row < 31 ? 1000 : row)}});
  places[0].cells[0].reset();
  places[1].cells[0] = "";
  const Grouping values = group_by_column("author", 0, places, rows_, 100);
  EXPECT_EQ(values.names.size(), kMostGroups);
  EXPECT_EQ(values.names[0], "0");
  EXPECT_EQ(values.names[1], "(empty)");
  EXPECT_EQ(values.groups[0], Grouping::kNone);
  EXPECT_EQ(values.groups[1], 1U);
  EXPECT_EQ(values.groups[2], 0U);
}

}  // namespace
}  // namespace mtnlp
