#include "tasks/label_warnings.h"

#include <algorithm>

#include "base/field.h"
#include "base/printable.h"
#include "base/random.h"
#include "testing.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LookAlikes, EqualNumbers) {
  for (const char* other :
       {"1.0", "01", "1.00", "+1", "1e0", "1.", "10e-1", "0.1E+1", "1,0", "\uff11", "1.0\u200b"})
    EXPECT_THAT(look_alikes({"0", "1", other}), ElementsAre(HasSubstr("\"1\" and \""))) << other;
  EXPECT_THAT(look_alikes({"0", "1", "1.0"}), ElementsAre("the labels \"1\" and \"1.0\" are one number"));
  EXPECT_THAT(look_alikes({"0", "-0.0"}), ElementsAre(HasSubstr("one number")));
  EXPECT_THAT(look_alikes({".5", "0.50", "1/2"}), ElementsAre(HasSubstr("\".5\" and \"0.50\" are one")));
}

TEST(LookAlikes, DifferentNumbersAndNames) {
  EXPECT_THAT(look_alikes({"1", "-1", "10", "1.5", "15", "1e1x", "e1", ".", "+", "1.0.0", "1e",
                           "12345678901234567", "12345678901234568", "version 1", "version 1.0"}),
              IsEmpty());
  EXPECT_THAT(look_alikes({"up", "down", "r\u00e9sum\u00e9", "resume", "\u0434\u0430", "\u043d\u0435\u0442"}),
              IsEmpty());
  EXPECT_THAT(look_alikes({}), IsEmpty());
}

TEST(LookAlikes, EachKindIsNamed) {
  EXPECT_THAT(look_alikes({"caf\u00e9", "cafe\u0301"}), ElementsAre(HasSubstr("how Unicode composes")));
  EXPECT_THAT(look_alikes({"\ud55c", "\u1112\u1161\u11ab"}), ElementsAre(HasSubstr("how Unicode composes")));
  for (const char* other :
       {"up\u200b", "\ufeffup", "u\u00adp", "up\u200d", "u\u2060p", "up\x01", "up\ufe0f", "up\u202c"})
    EXPECT_THAT(look_alikes({"up", other}), ElementsAre(HasSubstr("only in invisible characters"))) << other;
  EXPECT_THAT(look_alikes({"up", "up\u200b"})[0], HasSubstr("\"up\" and \"up\\u{200b}\""));
  for (const char* other :
       {"GOOD ONE", "good  one", "good\u00a0one", "Good One", "good\tone", "\u3000good one"})
    EXPECT_THAT(look_alikes({"good one", other}), ElementsAre(HasSubstr("only in case or white space")))
        << other;
  EXPECT_THAT(look_alikes({"stra\u00dfe", "STRASSE"}), ElementsAre(HasSubstr("case or white space")));
  for (const char* other : {"\uff55\uff50-1", "Up-1\u200b", "up\u20131", "up\u22121", "u\u0440-1"})
    EXPECT_THAT(look_alikes({"up-1", other}), ElementsAre(HasSubstr("look alike"))) << other;
}

TEST(LookAlikes, ManyPairsAreOneShortLine) {
  std::vector<std::string> labels;
  for (int i = 0; i < 500; ++i)
    for (const char* start : {"label", "Label"})
      labels.push_back(start + std::string(80, 'x') + std::to_string(i));
  const std::vector<std::string> lines = look_alikes(labels);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr(" and 497 more pairs differ only in case"));
  EXPECT_LT(lines[0].size(), 500u);
  EXPECT_THAT(look_alikes({std::string(100'000, 'a'), std::string(100'000, 'A')}), IsEmpty());  // texts
}

/// Whatever is done to a label that a person does not see is found.
TEST(LookAlikes, FindEveryDisguise) {
  const std::vector<std::string> words = {"positive", "tr\u00e8s bien",    "\u4e2d\u6587 ok", "7",
                                          "a-b",      "\u043c\u0438\u0440"},
                                 hidden = {"\u200b", "\u200c",       "\u2060",    "\ufeff",
                                           "\u00ad", "\u034f",       "\u061c",    "\u180e",
                                           "\x7f",   "\u0085\u200b", "\U000e0001"};
  KeyedRandom random(5);
  for (int round = 0; round < 2000; ++round) {
    const std::string& word = words[random.below(words.size())];
    std::string disguised;
    for (size_t at = 0; at < word.size();) {
      const size_t begin = at;
      decode_utf8(word, at);
      if (random.below(3) == 0) disguised += hidden[random.below(hidden.size() - 2)];
      disguised += word.substr(begin, at - begin);
    }
    if (random.below(2) == 0) disguised = " " + disguised + "\u00a0";
    if (disguised == word) continue;
    ASSERT_EQ(look_alikes({"other", word, disguised}).size(), 1u) << printable(disguised);
  }
}

std::vector<std::string> warnings_of(std::vector<std::string> labels, std::vector<size_t> rows,
                                     bool chosen = false) {
  return label_warnings({"mood", std::move(labels)}, rows, chosen);
}

TEST(LabelWarnings, MissingWords) {
  for (const char* word :
       {"nan",  "NaN", "NAN", "None", "none", "NULL", "null", "N/A",       "n/a",    "NA",        "#N/A",
        "<NA>", "-",   "--",  "?",    "nil",  "NaT",  "\\N",  "undefined", "\u2014", "nan\u200b", "#VALUE!"})
    EXPECT_THAT(warnings_of({"up", word}, {5, 3}),
                ElementsAre(HasSubstr("(3 rows) may stand for a missing label")))
        << word;
  EXPECT_THAT(
      warnings_of({"N/A", "None", "nan", "null", "up"}, {1, 1, 1, 1, 9}),
      ElementsAre(
          "task \"mood\": the labels \"N/A\", \"None\", \"nan\" and 1 more (4 rows) may stand for a missing "
          "label; " +
          field("missing_labels") + "='N/A,None,nan,null' makes them no label"));
  EXPECT_THAT(label_warnings({"mood", {"nan", "up"}}, {1, 1}, false, {"-"}),
              ElementsAre(HasSubstr(field("missing_labels") + "='-,nan' makes")));
  EXPECT_THAT(warnings_of({"nan", "up"}, {1, 1}, /*chosen=*/true), IsEmpty());
  EXPECT_THAT(warnings_of({"nancy", "nullable", "north", "unknown", "other"}, {9, 9, 9, 9, 9}), IsEmpty());
}

TEST(LabelWarnings, ColumnsOfIdsOrTexts) {
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.push_back("id" + std::to_string(i));
  for (const size_t rows : {1, 2})
    EXPECT_THAT(warnings_of(ids, std::vector<size_t>(40, rows)),
                ElementsAre(HasSubstr("looks like a column of ids or texts")));
  EXPECT_THAT(warnings_of(ids, std::vector<size_t>(40, 3)), IsEmpty());
  EXPECT_THAT(warnings_of({"a", "b"}, {1, 1}), IsEmpty());
  const std::vector<std::string> lines = warnings_of({std::string(1'000'000, 'a'), "b"}, {1, 1});
  EXPECT_THAT(lines, ElementsAre(HasSubstr("look like texts")));
  EXPECT_LT(lines[0].size(), 200u);
}

/// One line each, short and printable, whatever bytes the labels hold.
TEST(LabelWarnings, AreShortAndPrintable) {
  KeyedRandom random(6);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> labels;
    for (size_t i = 0; i < 30; ++i) {
      std::string label;
      for (uint64_t n = random.below(4); n > 0; --n)
        append_utf8(static_cast<char32_t>(random.below(0x300)), label);
      labels.push_back(label);
    }
    std::ranges::sort(labels);
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    const std::vector<std::string> lines = warnings_of(labels, std::vector<size_t>(labels.size(), 2));
    EXPECT_LE(lines.size(), 8u);
    for (const std::string& line : lines) {
      EXPECT_EQ(printable(line), line);
      EXPECT_LT(line.size(), 600u);
    }
  }
}

TEST(LabelWarnings, TheOptionNamesWordsWithCommas) {
  const std::vector<std::string> lines = label_warnings({"mood", {"nan", "up"}}, {1, 1}, false, {"a,b"});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr(field("missing_labels") + "='\"a,b\",nan'"));
}

}  // namespace
}  // namespace mtnlp
