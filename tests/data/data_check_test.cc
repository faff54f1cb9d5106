#include "data/data_check.h"

#include "base/field.h"
#include "byte_tokenizer.h"
#include "random_dataset.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::add_row;
using testing::ByteTokenizer;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::empty_dataset;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kNoClass;
using ::testing::Pair;

constexpr Part kA = Part::kTrain, kV = Part::kValidation, kT = Part::kTest;

TEST(DataCheckTest, CountsRowsOfEveryClassAndPart) {
  Dataset dataset = empty_dataset({2, 3});
  add_row(dataset, "a", {0, kNoClass});
  add_row(dataset, "b", {1, 2});
  add_row(dataset, "c", {1, 0});
  add_row(dataset, "d", {kNoClass, 2});
  const DataCheck check = check_data(dataset, {kA, kA, kT, kV});
  EXPECT_EQ(check.rows, 4u);
  ASSERT_EQ(check.tasks.size(), 2u);
  EXPECT_EQ(check.tasks[0].name, "a");
  EXPECT_THAT(check.tasks[0].strata, ElementsAre("0", "1"));
  EXPECT_THAT(check.tasks[0].rows, ElementsAre(ElementsAre(1, 1), ElementsAre(0, 0), ElementsAre(0, 1)));
  EXPECT_THAT(check.tasks[1].rows,
              ElementsAre(ElementsAre(0, 0, 1), ElementsAre(0, 0, 1), ElementsAre(1, 0, 0)));
  EXPECT_EQ(check.tasks[0].total(kA), 2u);
  EXPECT_EQ(check.tasks[0].total(kV), 0u);
  EXPECT_FALSE(check.lengths.has_value());
  EXPECT_THAT(check.warnings, IsEmpty());
}

TEST(DataCheckTest, SourcesTellWhatWasSkipped) {
  const testing::TempFolder folder;
  const std::string file = folder.write("a.csv", "text,label\na,x\n ,x\nb\nc,\n,y\nd,y\n").string();
  const Dataset dataset = make_dataset({.files = {{"t", file}}, .reading = {.keep_going = true}});
  const DataCheck check = check_data(dataset, {kA, kA});
  ASSERT_EQ(check.sources.size(), 1u);
  const SourceCheck& source = check.sources[0];
  EXPECT_EQ(source.file, file);
  EXPECT_EQ(source.rows, 2u);
  EXPECT_EQ(source.blank.count, 2u);
  EXPECT_EQ(source.blank.lines.front(), 3u);
  EXPECT_EQ(source.unreadable.count, 1u);
  EXPECT_EQ(source.unreadable.lines.front(), 4u);
  EXPECT_EQ(source.unlabelled.count, 1u);
}

TEST(DataCheckTest, FindsDuplicatesAndConflictsWithinATask) {
  Dataset dataset = empty_dataset({3, 2});
  add_row(dataset, "Same  text", {0, kNoClass});
  add_row(dataset, "same text", {1, kNoClass});
  add_row(dataset, "SAME TEXT", {1, kNoClass});
  add_row(dataset, "same text", {kNoClass, 1});  // another task: neither a duplicate nor a conflict
  add_row(dataset, "twice", {2, 0});
  add_row(dataset, "twice", {2, 0});
  const DataCheck check = check_data(dataset, std::vector<Part>(6, kA));
  EXPECT_EQ(check.tasks[0].duplicates, 3u);
  EXPECT_EQ(check.tasks[0].conflicting_texts, 1u);
  EXPECT_EQ(check.tasks[0].conflicting_rows, 3u);
  ASSERT_EQ(check.tasks[0].conflicts.size(), 1u);
  EXPECT_EQ(check.tasks[0].conflicts[0].text, "Same  text");
  EXPECT_THAT(check.tasks[0].conflicts[0].labels, ElementsAre(Pair("1", 2), Pair("0", 1)));
  EXPECT_EQ(check.tasks[1].duplicates, 1u);
  EXPECT_EQ(check.tasks[1].conflicting_texts, 0u);
  EXPECT_THAT(check.tasks[0].shared, IsEmpty());
  EXPECT_THAT(check.warnings,
              ElementsAre("task \"a\": 1 texts have different labels (3 rows), such as: Same  text"));
}

TEST(DataCheckTest, AConflictOfManyLabelsStaysShort) {
  Dataset dataset = empty_dataset({1000});
  for (int label = 0; label < 1000; ++label) add_row(dataset, "same\u202e\x1b", {label});
  for (int i = 0; i < 2; ++i) add_row(dataset, "same\u202e\x1b", {999});
  const DataCheck check = check_data(dataset, std::vector<Part>(1002, kA));
  ASSERT_EQ(check.tasks[0].conflicts.size(), 1u);
  EXPECT_EQ(check.tasks[0].conflicts[0].labels.size(), 20u);
  EXPECT_THAT(check.tasks[0].conflicts[0].labels[0], Pair("999", 3));
  ASSERT_FALSE(check.warnings.empty());
  EXPECT_EQ(check.warnings[0],
            "task \"a\": 1 texts have different labels (1002 rows), such as: same\\u{202e} ");
}

TEST(DataCheckTest, FindsTextsSharedBetweenPartsEvenInOtherGroups) {
  Dataset dataset = empty_dataset({2});
  for (const char* text : {"one", "two", "ONE", "one ", "three", "two"}) add_row(dataset, text, {0});
  for (DatasetRow& row : dataset.rows) row.group = "group " + std::to_string(row.row);
  dataset.reading.group_column = "g";
  const DataCheck check = check_data(dataset, {kA, kA, kT, kT, kT, kV});
  const auto& shared = check.tasks[0].shared;
  ASSERT_EQ(shared.size(), 2u);
  EXPECT_EQ(shared[0].first, kA);
  EXPECT_EQ(shared[0].second, kV);
  EXPECT_EQ(shared[0].rows, 1u);
  EXPECT_THAT(shared[0].examples, ElementsAre("two"));
  EXPECT_EQ(shared[1].second, kT);
  EXPECT_EQ(shared[1].texts, 1u);
  EXPECT_EQ(shared[1].rows, 2u);
  EXPECT_THAT(check.warnings, Contains("task \"a\": 2 rows of test have a text of train, such as: one"));
}

void expect_only_shared(const TaskCheck& task, Part first, Part second, size_t texts, size_t rows) {
  ASSERT_EQ(task.shared.size(), 1u);
  EXPECT_EQ(task.shared[0].first, first);
  EXPECT_EQ(task.shared[0].second, second);
  EXPECT_EQ(task.shared[0].texts, texts);
  EXPECT_EQ(task.shared[0].rows, rows);
}

TEST(DataCheckTest, FindsTextsSharedBetweenValidationAndTest) {
  Dataset dataset = empty_dataset({2});
  for (const char* text : {"one", "two", "Two", "two", "three"}) add_row(dataset, text, {0});
  const DataCheck check = check_data(dataset, {kA, kV, kT, kT, kT});
  expect_only_shared(check.tasks[0], kV, kT, 1, 2);
  EXPECT_THAT(check.warnings,
              ElementsAre("task \"a\": 2 rows of test have a text of validation, such as: two"));
}

TEST(DataCheckTest, ATextThatAnotherTaskTrainsOnIsShared) {
  Dataset dataset = empty_dataset({2, 2});
  add_row(dataset, "one", {0, kNoClass});
  add_row(dataset, "one", {kNoClass, 1});
  add_row(dataset, "ONE", {kNoClass, 1});
  add_row(dataset, "two", {kNoClass, 0});
  const DataCheck check = check_data(dataset, {kA, kT, kT, kT});
  EXPECT_THAT(check.tasks[0].shared, IsEmpty());  // the text is in test, but not for this task
  expect_only_shared(check.tasks[1], kA, kT, 1, 2);
  ASSERT_FALSE(HasFailure());
  EXPECT_THAT(check.tasks[1].shared[0].examples, ElementsAre("one"));
}

TEST(DataCheckTest, ExamplesAreFewShortAndOnOneLine) {
  Dataset dataset = empty_dataset({2});
  for (int i = 0; i < 20; ++i)
    for (int label = 0; label < 2; ++label)
      add_row(dataset, std::to_string(i) + "\n\x1b[31m\xc2\x9b" + std::string(200, 'x'), {label});
  const auto conflicts = check_data(dataset, std::vector<Part>(40, kA)).tasks[0].conflicts;
  ASSERT_EQ(conflicts.size(), kCheckExamples);
  EXPECT_EQ(conflicts[0].text, "0  [31m " + std::string(52, 'x') + "...");
}

TEST(DataCheckTest, FindsTroubleWithTheEncoding) {
  Dataset dataset = empty_dataset({2});
  for (const char* text :
       {"fine \xc3\xa9\xc3\x83 \xe2\x82\xac\t\n", "bad \xff", "lost \xef\xbf\xbd", "bell \a", "cafe\xcc\x81",
        "caf\xc3\x83\xc2\xa9", "it\xc3\xa2\xe2\x82\xac\xe2\x84\xa2s", "5 \xc3\x82\xc2\xa3"})
    add_row(dataset, text, {0});
  const DataCheck check = check_data(dataset, std::vector<Part>(8, kA));
  EXPECT_EQ(check.encoding.not_utf8.rows, 1u);
  EXPECT_THAT(check.encoding.not_utf8.examples, ElementsAre("bad \xef\xbf\xbd"));
  EXPECT_THAT(check.encoding.replacement.examples, ElementsAre("lost \xef\xbf\xbd"));
  EXPECT_THAT(check.encoding.control.examples, ElementsAre("bell  "));
  EXPECT_EQ(check.encoding.mojibake.rows, 3u);
  EXPECT_THAT(check.warnings, ElementsAre(HasSubstr("1 texts hold U+FFFD"), HasSubstr("control characters"),
                                          HasSubstr("3 texts look like UTF-8 that was read as Latin-1")));
}

TEST(DataCheckTest, WhatTheReadingReplacedIsNotWarnedOfTwice) {
  Dataset dataset;
  dataset.tasks = {{"mood", {"a", "b"}}};
  dataset.sources.resize(1);
  dataset.rows = {{0, 0, "x \xef\xbf\xbd", {0}, "1"}, {0, 1, "y", {1}, "2"}};
  const std::vector<Part> parts(2, Part::kTrain);
  EXPECT_EQ(check_data(dataset, parts).warnings.size(), 1u);
  dataset.sources[0].repaired.add(1);
  EXPECT_EQ(check_data(dataset, parts).warnings.size(), 0u);
}

TEST(DataCheckTest, FindsControlCharacters) {
  Dataset dataset = empty_dataset({2});
  for (const char* text : {"a\tb\n\v\f\r", "no\u00a0break", "soft\u00adhyphen"}) add_row(dataset, text, {0});
  EXPECT_EQ(check_data(dataset, std::vector<Part>(3, kA)).encoding.control.rows, 0u);
  for (const char* text : {"\x1f", "\x7f", "it\xc2\x92s", "\xc2\x80", "\xc2\x85", "\xc2\x9f"})
    add_row(dataset, text, {0});
  EXPECT_EQ(check_data(dataset, std::vector<Part>(9, kA)).encoding.control.rows, 6u);
}

bool is_mojibake(const std::string& text) {
  Dataset dataset = empty_dataset({2});
  add_row(dataset, text, {0});
  return check_data(dataset, {kA}).encoding.mojibake.rows == 1;
}

TEST(DataCheckTest, FindsUtf8ReadAsAnotherEncoding) {
  // Windows-1252, where it has a character for each byte.
  for (const char* text :
       {"cafÃ©",          "GrÃ¶ÃŸe", "GrÃŸe", "Ã‰cole",  "KÃ–LN",        "Ã…se",        "ESPAÃ‘A", "3 Ã— 4",
        "dÃ©jÃ\u00a0 vu", "20 Â°C",  "Â£5",   "next Â»", "donÂ’t",       "itâ€™s",      "â€œso",   "wait â€¦",
        "5 â‚¬",          "Xâ„¢",    "ÃƒÂ©",  "ðŸ˜€",    "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "ä½\u00a0å¥½", "Î±Î²",    "ÅšÅ‚"})
    EXPECT_TRUE(is_mojibake(text)) << text;
  // Latin-1: the bytes 80 to 9F become controls.
  for (const char* text : {"Gr\u00c3\u009fe", "it\u00e2\u0080\u0099s", "\u00d1\u0082\u00d0\u00be"})
    EXPECT_TRUE(is_mojibake(text)) << text;
}

TEST(DataCheckTest, SoundTextIsNotMojibake) {
  for (const char* text :
       {"naïve café, “café”—and NESTLÉ®, JOSÉ’S “CAFÉ”, it’s™ 😀, 5 °C ± 2, £5 – €6, ½ × ¾, 10 Å²",
        "«\u00a0Ça, c’est l’été\u00a0», «café…», DÉJÀ\u00a0!, CAFÉ\u00a0», Œuvre",
        "SÃO PAULO, MAÇÃ, “AMANHÔ, AMANHÃ… TALVEZ, A LETRA “Ã”, ¡ESPAÑA!, «PERÚ», CIGÜEÑA",
        "Ü, „Fuß“, »Spaß«, Fuß\u00adball, ‚Maß‘, Straße; “SMÅ”, það” – “Þór”, hâlâ…, “hâlâ”…",
        "Đà Nẵng: THÂN ÁI, Šibenik, ΑΒΓ «é», Привет, мир, 你好, 仃亩"})  // U+4EC3 U+4EA9
    EXPECT_FALSE(is_mojibake(text)) << text;
}

TEST(DataCheckTest, MeasuresLengthsAndUnknownPieces) {
  Dataset dataset = empty_dataset({2});
  for (const size_t length : {1, 6, 7, 14, 40}) add_row(dataset, std::string(length, 'a'), {0});
  add_row(dataset, "??b", {1});
  const DataCheck check =
      check_data(dataset, std::vector<Part>(6, kA), std::make_unique<ByteTokenizer>().get(), {9}, 2);
  ASSERT_TRUE(check.lengths.has_value());
  const LengthCheck& lengths = *check.lengths;
  std::vector<std::pair<size_t, size_t>> histogram;
  for (const auto& bucket : lengths.histogram) histogram.emplace_back(bucket.up_to, bucket.rows);
  EXPECT_THAT(histogram, ElementsAre(Pair(8, 3), Pair(16, 2), Pair(32, 0), Pair(64, 1)));
  EXPECT_EQ(lengths.longest, 42u);
  EXPECT_EQ(lengths.median, 9u);
  EXPECT_DOUBLE_EQ(lengths.mean, (71 + 12) / 6.0);
  EXPECT_EQ(lengths.cut, 2u);
  EXPECT_EQ(lengths.fit.max_length, 9u);
  EXPECT_EQ(lengths.ids, 71u);
  EXPECT_EQ(lengths.unknown, 2u);
  EXPECT_EQ(lengths.rows_with_unknown, 1u);
  EXPECT_THAT(
      check.warnings,
      ElementsAre(field("max_length") + " 9 cuts 2 of 6 texts (33.3 %); half of all are longer than 9",
                  "2.8 % of the pieces are unknown to the encoder's vocabulary, such as in: ??b"));
}

TEST(DataCheckTest, ARowOfTheMaximumLengthIsNotCut) {
  Dataset dataset = empty_dataset({2});
  add_row(dataset, "abc", {0});
  EXPECT_EQ(check_data(dataset, {kA}, std::make_unique<ByteTokenizer>().get(), {5}).lengths->cut, 0u);
  EXPECT_EQ(check_data(dataset, {kA}, std::make_unique<ByteTokenizer>().get(), {4}).lengths->cut, 1u);
}

TEST(DataCheckTest, WarningsBeginWithThoseOfTheDataSet) {
  Dataset dataset = empty_dataset({2});
  add_row(dataset, "lost \xef\xbf\xbd", {0});
  dataset.warnings = {"rows were skipped"};
  EXPECT_THAT(check_data(dataset, {kA}).warnings, ElementsAre("rows were skipped", HasSubstr("U+FFFD")));
}

}  // namespace
}  // namespace mtnlp
