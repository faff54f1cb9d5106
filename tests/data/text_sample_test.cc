#include "data/text_sample.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::TempFolder;

class TextSampleTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) const {
    return folder_.write(name, content).string();
  }
  static TextSample sample(TextSampleOptions options) {
    options.quiet = true;
    return sample_texts(options);
  }
  /// A file with the lines "from" to "to" less one.
  std::string numbers(const std::string& name, int from, int to) const {
    std::string content;
    for (int i = from; i < to; ++i) content += str(i, "\n");
    return file(name, content);
  }

  TempFolder folder_;
};

TEST_F(TextSampleTest, AFewLinesAreAllTakenInTheirOrder) {
  const auto found =
      sample({.files = {file("a.txt", "one\n\ntwo \n"), file("b.csv", "id,text\n1,three\n2, \n"),
                        file("c.jsonl", "{\"text\": \"four\"}\n")}});
  EXPECT_THAT(found.lines, ElementsAre("one", "two ", "three", "four"));
  EXPECT_EQ(found.all, 4u);
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("a.txt:2"), HasSubstr("b.csv:3")));
}

TEST_F(TextSampleTest, ASampleDependsOnTheLinesAndTheSeedAlone) {
  const std::string all = numbers("all.txt", 0, 1000);
  const auto first = sample({.files = {all}, .lines = 50});
  EXPECT_EQ(first.lines.size(), 50u);
  EXPECT_EQ(first.all, 1000u);
  EXPECT_EQ(sample({.files = {numbers("a.txt", 0, 300), numbers("b.txt", 300, 1000)}, .lines = 50}).lines,
            first.lines);
  EXPECT_NE(sample({.files = {all}, .lines = 50, .seed = 43}).lines, first.lines);
}

TEST_F(TextSampleTest, EachLineHasTheSameChance) {
  const std::string all = numbers("all.txt", 0, 20);
  std::vector<int> taken(20);
  for (uint64_t seed = 0; seed < 1000; ++seed)
    for (const std::string& line : sample({.files = {all}, .lines = 5, .seed = seed}).lines)
      ++taken[std::stoul(line)];
  for (const int count : taken) EXPECT_NEAR(count, 250, 60);  // over four standard deviations
}

TEST_F(TextSampleTest, ALongTextIsSeveralLines) {
  std::string words, letters = "a";
  while (words.size() < 10'000) words += "word ";
  while (letters.size() < 10'000) letters += "\u00e9";
  for (const std::string& text : {words, letters}) {
    const auto found = sample({.files = {file("a.txt", text + "\n")}});
    EXPECT_EQ(found.lines.size(), 3u);
    std::string joined;
    for (const std::string& line : found.lines) {
      EXPECT_LE(line.size(), kLongestLine);
      EXPECT_NE(static_cast<unsigned char>(line[0]) & 0xC0, 0x80);
      joined += line;
    }
    EXPECT_EQ(joined, text);
  }
  EXPECT_EQ(sample({.files = {file("a.txt", words + "\n")}}).lines[1].substr(0, 5), "word ");
}

TEST_F(TextSampleTest, RowsThatCannotBeReadAreAnErrorOrCounted) {
  const std::string rows = file("a.jsonl", "{\"text\": \"one\"}\n{\"text\": 2}\n{\"text\": \"three\"}\n");
  expect_error([&] { sample({.files = {rows}}); }, {"a.jsonl:2"});
  const auto found = sample({.files = {rows}, .keep_going = true});
  EXPECT_THAT(found.lines, ElementsAre("one", "three"));
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("1 row that cannot be read")));
}

TEST_F(TextSampleTest, FilesWithoutTextAreRefused) {
  expect_error(
      [&] {
        sample({.files = {file("empty.txt", ""), file("blank.txt", " \n\u200b\n")}});
      },
      {"empty.txt", "blank.txt", "holds no text"});
  expect_error([&] { sample({.files = {"nowhere.txt"}}); }, {"nowhere.txt"});
  expect_error([&] { sample({.files = {file("a.csv", "id,body\n1,x\n")}}); }, {"a.csv", "text", "body"});
}

}  // namespace
}  // namespace mtnlp
