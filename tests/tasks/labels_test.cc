#include "tasks/labels.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;

std::optional<size_t> find(Labels& labels, std::string_view cell) {
  return labels.find(cell, "mood", [] { return std::string("a.csv:7"); });
}

TEST(LabelsTest, GrowInTheOrderOfReading) {
  Labels labels;
  EXPECT_EQ(find(labels, " up "), 0);
  EXPECT_EQ(find(labels, "down\r\n"), 1);
  EXPECT_EQ(find(labels, "up"), 0);
  EXPECT_THAT(labels.names(), ElementsAre("up", "down"));
}

TEST(LabelsTest, ACellThatShowsNothingIsNoLabel) {
  Labels labels;
  for (const char* cell : {"", " \t\r\n", "\u00a0", "\u3000", "\u200b", " \ufeff ", "\u00ad", "\u2060\u00a0",
                           "\x01\x1f", "\u2800", "\u3164"})
    EXPECT_EQ(find(labels, cell), std::nullopt) << cell;
  EXPECT_THAT(labels.names(), IsEmpty());
}

TEST(LabelsTest, MissingWordsAreComparedExactly) {
  Labels labels({"nan", "-"});
  EXPECT_EQ(find(labels, "nan"), std::nullopt);
  EXPECT_EQ(find(labels, " - "), std::nullopt);
  EXPECT_EQ(find(labels, "NaN"), 0);
  EXPECT_EQ(find(labels, "-nan"), 1);
  EXPECT_TRUE(has_no_label(" nan\t", {"nan"}));
  EXPECT_FALSE(has_no_label("NAN", {"nan"}));
  expect_error([&] { labels.close({"x", "nan"}, "labels"); }, {"missing_labels", "\"nan\"", "labels"});
}

TEST(LabelsTest, BytesThatAreNotUtf8AreRefusedWithTheirPlace) {
  for (const char* bad : {"caf\xe9", "\xff", "a\xc3", "\xed\xa0\x80"}) {
    Labels open, closed;
    closed.close({"x", "y"}, "those of its training");
    for (Labels* labels : {&open, &closed})
      expect_error([&] { find(*labels, bad); }, {"a.csv:7: ", "\"mood\"", "not UTF-8", "\\x"});
    expect_error([&] { Labels().close({bad}, "labels"); }, {"labels", "not UTF-8"});
  }
}

TEST(LabelsTest, ErrorsAboutUnknownLabelsStayShort) {
  std::vector<std::string> known;
  for (int i = 0; i < 1000; ++i) known.push_back(std::string(1000, 'a') + std::to_string(i));
  Labels labels;
  labels.close(known, "labels");
  for (const std::string& label : {std::string(1'000'000, 'a'), std::string("b\n\x1b[31m")}) try {
      find(labels, label);
      FAIL();
    } catch (const Error& error) {
      EXPECT_LT(std::string(error.what()).size(), 1000u);
      EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
    }
  expect_error([&] { find(labels, "nan"); }, {"missing_labels='nan'"});
}

}  // namespace
}  // namespace mtnlp
