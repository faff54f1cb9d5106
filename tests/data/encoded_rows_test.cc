#include "data/encoded_rows.h"

#include "byte_tokenizer.h"
#include "random_dataset.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::add_row;
using testing::ByteTokenizer;
using ::testing::ElementsAre;
using testing::empty_dataset;
using testing::kNoClass;

TEST(EncodedRowsTest, RowsLieFlatOneAfterAnother) {
  Dataset dataset = empty_dataset({2, 3});
  add_row(dataset, "ab", {1, kNoClass});
  add_row(dataset, "abcdef", {kNoClass, 2});
  add_row(dataset, "abcd", {0, 0});
  const EncodedRows rows = encode_rows(dataset, ByteTokenizer(), {6, Truncation::kHead}, 2);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows.length(0), 4u);
  EXPECT_THAT(rows.row_ids(0), ElementsAre(256, 'a', 'b', 257));
  EXPECT_THAT(rows.row_ids(1), ElementsAre(256, 'a', 'b', 'c', 'd', 257));
  EXPECT_THAT(rows.row_ids(2), ElementsAre(256, 'a', 'b', 'c', 'd', 257));
  EXPECT_EQ(rows.truncated, 1u);
  EXPECT_EQ(rows.tasks, 2u);
  EXPECT_EQ(rows.target(0, 0), 1);
  EXPECT_EQ(rows.target(0, 1), kNoTarget);
  EXPECT_EQ(rows.target(1, 1), 2);
}

TEST(EncodedRowsTest, TruncationIsHandedOn) {
  Dataset dataset = empty_dataset({2});
  add_row(dataset, "abcdef", {0});
  EXPECT_THAT(encode_rows(dataset, ByteTokenizer(), {5, Truncation::kTail}, 1).row_ids(0),
              ElementsAre(256, 'd', 'e', 'f', 257));
}

TEST(EncodedRowsTest, RowsKnowTheirWindows) {
  Dataset dataset = empty_dataset({2});
  for (const char* text : {"ab", "abcdef", "abcdefghijkl"}) add_row(dataset, text, {0});
  const EncodedRows rows = encode_rows(dataset, ByteTokenizer(), {6, Truncation::kHead, 2, 3}, 1);
  EXPECT_EQ(rows.row_ids(0).sequences(), 1u);
  EXPECT_EQ(rows.row_ids(1).sequences(), 2u);
  EXPECT_EQ(rows.row_ids(2).sequences(), 3u);
  EXPECT_EQ(rows.truncated, 1u);
  EXPECT_EQ(truncated_text(1, 3, {6, Truncation::kHead, 2, 3}),
            "1 of 3 texts were cut to 3 windows of 6 tokens");
  EXPECT_EQ(truncated_text(1, 3, {6}), "1 of 3 texts were cut to 6 tokens");
}

TEST(EncodedRowsTest, DoesNotDependOnTheNumberOfThreads) {
  const Dataset dataset = testing::random_dataset({3}, 2000, 1, 4);
  const EncodedRows one = encode_rows(dataset, ByteTokenizer(), {9, Truncation::kHead}, 1);
  const EncodedRows many = encode_rows(dataset, ByteTokenizer(), {9, Truncation::kHead}, 7);
  EXPECT_EQ(one.ids, many.ids);
  EXPECT_EQ(one.offsets, many.offsets);
  EXPECT_EQ(one.targets, many.targets);
  EXPECT_EQ(one.truncated, many.truncated);
  EXPECT_GT(one.truncated, 0u);
}

TEST(EncodedRowsTest, NoRows) {
  const EncodedRows rows = encode_rows(empty_dataset({2}), ByteTokenizer(), {9, Truncation::kHead}, 2);
  EXPECT_EQ(rows.size(), 0u);
}

TEST(EncodedRowsTest, RowsKnowWhereTheirSecondTypeBegins) {
  const std::vector<int32_t> ids = {1, 2, 3};
  EncodedRows rows;
  rows.add(ids);
  EXPECT_EQ(rows.row_ids(0).second_type, TokenIds::kNone);
  rows.add({ids, 2});
  rows.add(ids);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows.row_ids(0).second_type, TokenIds::kNone);
  EXPECT_EQ(rows.row_ids(1).second_type, 2u);
  EXPECT_EQ(rows.row_ids(2).second_type, TokenIds::kNone);
  const std::vector<uint32_t> chosen = {1, 2};
  EXPECT_EQ(rows.sequences(chosen)[0].second_type, 2u);
  EXPECT_THAT(rows.row_ids(2), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace mtnlp
