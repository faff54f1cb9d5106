#include "data/text_rows.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempFolder;

class TextRowsTest : public ::testing::Test {
 protected:
  /// All rows, in chunks of `chunk`.
  std::vector<TextRow> read(const std::string& name, std::string_view content, TextRowsOptions options = {},
                            size_t chunk = 3, const RowOptions& format = {}) {
    const auto reader = open_rows(folder_.write(name, content).string(), format);
    TextRows rows(*reader, *tokenizer_, options);
    std::vector<TextRow> all;
    for (std::vector<TextRow> some; !(some = rows.next(chunk)).empty();) {
      EXPECT_LE(some.size(), chunk);
      std::ranges::move(some, std::back_inserter(all));
    }
    EXPECT_EQ(rows.rows(), all.size());
    warnings_ = rows.warnings();
    truncated_ = rows.truncated().count;
    return all;
  }
  std::vector<int32_t> ids(const std::string& text) const { return tokenizer_->encode(text, {128}); }

  TempFolder folder_;
  std::unique_ptr<Tokenizer> tokenizer_ =
      load_tokenizer(testing::test_path("golden/encoders/tiny-distilbert"));
  std::vector<std::string> warnings_;
  uint64_t truncated_ = 0;
};

TEST_F(TextRowsTest, EveryRowInOrderWithItsIds) {
  std::string content = "n,text\n";
  for (int i = 0; i < 200; ++i) content += str(i, ",good film ", i, "\n");
  for (const int threads : {1, 3}) {
    const std::vector<TextRow> rows = read("a.csv", content, {.threads = threads}, 70);
    ASSERT_EQ(rows.size(), 200U);
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(rows[i].sound());
      EXPECT_EQ(rows[i].row.fields[0], std::to_string(i));
      EXPECT_EQ(rows[i].tokens.ids, ids(str("good film ", i)));
    }
    EXPECT_THAT(warnings_, IsEmpty());
  }
}

TEST_F(TextRowsTest, SeveralColumnsAreJoined) {
  const std::vector<TextRow> rows =
      read("a.csv", "title,body\ngood,film\n", {.columns = {.names = {"body", "title"}, .join = " of "}});
  EXPECT_EQ(rows.at(0).tokens.ids, ids("film of good"));
  expect_error(
      [&] {
        read("a.csv", "title\na\n", {.columns = {.names = {"title", "body"}}});
      },
      {"a.csv", "\"body\""});
  expect_error(
      [&] {
        read("a.txt", "a\n", {.columns = {.names = {"title", "body"}}});
      },
      {"a.txt", "title, body"});
}

TEST_F(TextRowsTest, OddTextsAreCountedWithTheirPlaces) {
  read("a.csv", "text,n\ngood,1\n ,2\n\xc2\xa0\xe2\x80\x8b,3\n,4\n\xef\xbb\xbf,5\ncaf\xe9,6\n", {}, 2);
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_THAT(warnings_[0], HasSubstr("4 rows with blank text"));
  EXPECT_THAT(warnings_[0], ::testing::ContainsRegex("a.csv:3, .*a.csv:4, .*a.csv:5, \\.\\.\\.$"));
  EXPECT_THAT(warnings_[1], HasSubstr("1 row with bytes that are not UTF-8"));
  EXPECT_THAT(warnings_[1], ::testing::EndsWith("a.csv:7"));
  read("a.jsonl", "{\"text\": \"a \\ud83d b\"}\n");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("1 row with lone surrogates")));
}

TEST_F(TextRowsTest, CutTextsAreCounted) {
  const std::string text =
      "good good good good\ngood good good good good\ngood good good good good good good\n";
  read("a.txt", text, {.cut = {6}});  // 4 words between the special tokens
  EXPECT_EQ(truncated_, 2u);
  read("a.txt", text, {.cut = {6, Truncation::kHead, 2, 2}});
  EXPECT_EQ(truncated_, 1u);
}

TEST_F(TextRowsTest, ARowThatCannotBeReadIsAnError) {
  expect_error([&] { read("a.csv", "text,n\na,1\nb\nc,3\n"); }, {"a.csv:3:", "1 field found, 2 expected"});
  for (const char* row :
       {"{\"text\": null}", "{\"txet\": \"a\"}", "{\"text\": 5}", "{\"text\": [\"a\"]}", "{\"text\": ", "7"})
    expect_error([&] { read("a.jsonl", str("{\"text\": \"a\"}\n", row, "\n")); }, {"a.jsonl:2:"});
}

TEST_F(TextRowsTest, KeepGoingGivesItWithItsProblem) {
  const std::vector<TextRow> rows =
      read("a.csv", "text,n\na,1\nb\nc,3\nd,4,5\ne\nf,6,\n,\n", {.keep_going = true}, 2);
  ASSERT_EQ(rows.size(), 7U);
  for (const size_t broken : {1, 3, 4, 5}) {
    EXPECT_THAT(rows[broken].problem, HasSubstr(str("a.csv:", broken + 2, ": ")));
    EXPECT_THAT(rows[broken].tokens.ids, IsEmpty());
    EXPECT_THAT(rows[broken].row.fields, IsEmpty());
    EXPECT_EQ(rows[broken].row.line, broken + 2);
  }
  EXPECT_EQ(rows[2].tokens.ids, ids("c"));
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_THAT(warnings_[1], HasSubstr("4 rows that cannot be read"));
  EXPECT_THAT(warnings_[1], ::testing::ContainsRegex(
                                "a.csv:3, .*a.csv:5, .*a.csv:6, \\.\\.\\.; the first: .*1 field found"));
}

TEST_F(TextRowsTest, KeepGoingKeepsTheCellsOfARowWithoutText) {
  const std::vector<TextRow> rows =
      read("a.jsonl", "{\"text\": \"a\"}\n{\"text\": null, \"n\": 1}\n{\n", {.keep_going = true});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_FALSE(rows[1].sound());
  EXPECT_EQ(rows[1].row.raw, "{\"text\": null, \"n\": 1}");
  EXPECT_FALSE(rows[2].sound());
  EXPECT_EQ(rows[2].row.raw, "");
}

TEST_F(TextRowsTest, KeepGoingHoldsFromTheFirstRowOn) {
  for (const auto& [name, content] : {std::pair{"a.jsonl", "?\n[]\n{\"text\": \"a\"}\n"},
                                      std::pair{"a.json", "[7,\n[],\n{\"text\": \"a\"}]"}}) {
    const std::vector<TextRow> rows = read(name, content, {.keep_going = true});
    ASSERT_EQ(rows.size(), 3U) << name;
    for (const size_t i : {0, 1}) {
      EXPECT_THAT(rows[i].problem, HasSubstr(str(name, ":", i + 1, ": ")));
      EXPECT_EQ(rows[i].row.line, i + 1);
    }
    EXPECT_EQ(rows[2].tokens.ids, ids("a"));
    expect_error([&] { read(name, content); }, {str(name, ":1: ")});
  }
  read("a.jsonl", "?\n", {.keep_going = true});
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("1 row that cannot be read")));
}

TEST_F(TextRowsTest, RowsOfAnArrayOnOneLineAreTold) {
  read("a.json", "[{\"text\":\"a\"},7,{\"text\":\" \"},{\"text\":5}]",
       {.keep_going = true, .unreadable_are = "NaN in the output"});
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_THAT(warnings_[0], ::testing::EndsWith("a.json:1: row 3"));
  EXPECT_THAT(warnings_[1], ::testing::ContainsRegex("2 rows that cannot be read, NaN in the output: "
                                                     ".*a.json:1: row 2, .*a.json:1: row 4; the first: "));
}

TEST_F(TextRowsTest, ACheckMakesARowUnusable) {
  TextRowsOptions options;
  options.check = [](const Row& row) {
    if (row.fields[0] == "b") throw RowError(str("a.txt:", row.line, ": is b"));
  };
  expect_error([&] { read("a.txt", "a\nb\n", options); }, {"a.txt:2: is b"});
  options.keep_going = true;
  const std::vector<TextRow> rows = read("a.txt", "a\nb\nc\n", options);
  EXPECT_EQ(rows.at(1).problem, "a.txt:2: is b");
  EXPECT_EQ(rows[1].row.fields[0], "b");
  EXPECT_TRUE(rows[2].sound());
}

TEST_F(TextRowsTest, AFailureOfTheWholeFileIsNoBrokenRow) {
  TextRowsOptions options{.keep_going = true};
  options.check = [](const Row&) { fail_input("the file is torn"); };
  expect_error([&] { read("a.txt", "a\n", options); }, {"the file is torn"});
}

}  // namespace
}  // namespace mtnlp
