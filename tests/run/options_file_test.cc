#include "run/options_file.h"

#include <toml++/toml.h>

#include "base/random.h"
#include "testing.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;
using testing::TempFolder;

std::vector<StoredOption> parse(std::string_view content) {
  return parse_options(content, "o.toml");
}

std::vector<std::string> values_of(std::string_view content) {
  const auto options = parse(content);
  return options.size() == 1 ? options[0].values : std::vector<std::string>{"not one option"};
}

/// Texts of what TOML, CLI11 and people trip over, and of any code point.
class HostileTexts {
 public:
  explicit HostileTexts(uint64_t seed) : seed_(seed) {}
  std::string next() {
    static const std::vector<std::string> kTomlPieces = {"#",
                                                         "\"",
                                                         "'",
                                                         "\n",
                                                         "\r",
                                                         "\t",
                                                         "[",
                                                         "]",
                                                         "{",
                                                         "}",
                                                         ",",
                                                         "=",
                                                         " ",
                                                         "\\",
                                                         "\"\"",
                                                         "'''",
                                                         "\\u00",
                                                         "train",
                                                         "é",
                                                         "日",
                                                         "\x7f",
                                                         "\xf0\x9f\x98\x80",
                                                         "true",
                                                         "007",
                                                         ".5",
                                                         "1.0",
                                                         "+",
                                                         "-",
                                                         "5e-5",
                                                         "nan",
                                                         "inf",
                                                         "0x",
                                                         "_",
                                                         "..",
                                                         "\x01",
                                                         "\xc2\x85",
                                                         "\xef\xbb\xbf",
                                                         "a"};
    std::string text;
    for (uint64_t pieces = draw() % 6; pieces > 0; --pieces) {
      char32_t c = static_cast<char32_t>(draw() % 0x110000);
      if (c >= 0xD800 && c < 0xE000) c = U' ';
      if (draw() % 5 == 0)
        append_utf8(c, text);
      else
        text += kTomlPieces[draw() % kTomlPieces.size()];
    }
    return text;
  }
  uint64_t draw() { return hash_key(seed_, count_++); }

 private:
  uint64_t seed_, count_ = 0;
};

TEST(OptionsFile, AnyTextIsReadAsWritten) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    HostileTexts texts(seed);
    std::vector<StoredOption> options;
    for (const char* name : {"task", "text-column", "epochs"}) {
      options.push_back({name, {}, 0});
      for (uint64_t values = 1 + texts.draw() % 3; values > 0; --values)
        options.back().values.push_back(texts.next());
    }
    const std::string content = options_text(options);
    SCOPED_TRACE(content);
    ASSERT_NO_THROW(static_cast<void>(toml::parse(content)));
    const auto read = parse(content);
    ASSERT_EQ(read.size(), options.size());
    for (size_t i = 0; i < options.size(); ++i) {
      EXPECT_EQ(read[i].name, options[i].name);
      EXPECT_EQ(read[i].values, options[i].values);
      EXPECT_EQ(read[i].line, i + 2);
    }
  }
}

TEST(OptionsFile, NumbersStayNumbersWhereThatLosesNothing) {
  EXPECT_EQ(
      options_text({{"a", {"3"}},
                    {"b", {"5e-05", "0.1", "1.0", "+1", "007", ".5", "1e400", "nan"}},
                    {"c", {}},
                    {"d", {""}},
                    {"e", {"true"}},
                    {"f", {"x"}}}),
      "[train]\na=3\nb=[5e-05, 0.1, \"1.0\", \"+1\", \"007\", \".5\", \"1e400\", \"nan\"]\nd=\"\"\ne=true\nf="
      "\"x\"\n");
}

TEST(OptionsFile, TomlAsPeopleWriteIt) {
  EXPECT_THAT(values_of("# mine\n\n[train]\n  lr = 0.001 # low\n"), ElementsAre("0.001"));
  EXPECT_THAT(values_of("train = { epochs = 0x10 }"), ElementsAre("16"));
  EXPECT_THAT(values_of("[train]\ntask = [\n  'a=b#c.csv',\n  \"d=\\u00e9.csv\",\n]\n"),
              ElementsAre("a=b#c.csv", "d=é.csv"));
  EXPECT_THAT(parse(""), IsEmpty());
  EXPECT_THAT(parse("[train]\n"), IsEmpty());
}

/// As 0.1.0 wrote them, through CLI11.
TEST(OptionsFile, FilesOfOlderVersions) {
  const auto options = parse(
      "[train]\ntask=[\"a=b.csv\",\"c=d#1.csv\",'e=\"f\".csv']\ntext-column=\"text\"\nlr=.5\nseed=007\n"
      "freeze=\"none\"\nlabels='m=\"x\",y'\n");
  std::vector<std::vector<std::string>> values;
  for (const StoredOption& option : options) values.push_back(option.values);
  EXPECT_THAT(values, ElementsAre(ElementsAre("a=b.csv", "c=d#1.csv", "e=\"f\".csv"), ElementsAre("text"),
                                  ElementsAre(".5"), ElementsAre("007"), ElementsAre("none"),
                                  ElementsAre("m=\"x\",y")));
  EXPECT_EQ(options[2].name, "lr");
  EXPECT_EQ(options[2].line, 4U);
  EXPECT_THAT(values_of("[train]\ntext-column=\"a\\path\"\n"), ElementsAre("a\\path"));
}

TEST(OptionsFile, AnythingElseIsRefusedWithItsLine) {
  expect_error([] { parse("[train]\nepochs=3\nlr=\n"); }, {"o.toml:3: is not TOML; "});
  expect_error([] { parse("[train]\ntask=\"a\n"); }, {"o.toml:2: is not TOML; "});
  expect_error([] { parse("[train]\nlr=.5\ntask=\"a\"b\"\n"); }, {"o.toml:2: is not TOML; "});
  expect_error([] { parse("[train]\nlr=1\nlr=2\n"); }, {"o.toml:3: names an option or table twice"});
  expect_error([] { parse("epochs=3\n"); }, {"o.toml:1: epochs stands outside of [train]"});
  expect_error([] { parse("[train]\n[eval]\na=1\n"); }, {"o.toml:2: ", "[eval]", "only [train]"});
  expect_error([] { parse("[train]\n\n[train.task]\na=1\n"); }, {"o.toml:3: task is not a text"});
  expect_error([] { parse("[train]\ntask=[\"a\", [\"b\"]]\n"); }, {"o.toml:2: task is not a text"});
  expect_error([] { parse("[train]\ntask=2024-01-01\n"); }, {"o.toml:2: task is not a text"});
  expect_error([] { parse("[train]\ntask=\"\xff\"\n"); }, {"o.toml:2: holds bytes that are not UTF-8"});
  expect_error([] { parse(std::string(100'000, '[')); }, {"o.toml:1: is not TOML"});
  for (const char* table :
       {"[", "[[", "[=", " [ \t[", "[[[", "[.a]", "[#", "[\r", "[\xc2\xa0]", "[t\xef\xbb\xb7]", "[]", "[[]]"})
    expect_error([&] { parse(std::string("[train]\n") + table + "\n"); }, {"o.toml:2: is not TOML"});
  expect_error([] { read_options("none.toml"); }, {"none.toml: no such file"});
}

TEST(OptionsFile, KeepsPercentSignsAndLettersBeyondAscii) {
  for (const char* value : {"100%", "%41", "%C3%A9", "%", "caf\xc3\xa9 50%", "\xef\xbb\xb7"}) {
    const auto options = parse_options(options_text({{"text-column", {value}, 0}}), "o.toml");
    ASSERT_EQ(options.size(), 1U);
    EXPECT_EQ(options[0].values, std::vector<std::string>{value});
  }
  const auto escaped = parse_options("[train]\nencoder=\"\\u0025 \\u00e9\"\n", "o.toml");
  EXPECT_EQ(escaped[0].values, std::vector<std::string>{"% \xc3\xa9"});
}

TEST(OptionsFile, AVerbMayHaveATableOfItsOwn) {
  const std::string text = options_text({{"steps", {"3"}, 0}}, "adapt");
  EXPECT_EQ(text, "[adapt]\nsteps=3\n");
  EXPECT_EQ(parse_options(text, "o.toml", "adapt").at(0).name, "steps");
  expect_error([&] { parse_options(text, "o.toml"); },
               {"o.toml:1: the table [adapt] is not known; only [train] is"});
  expect_error([&] { parse_options("[train]\nlr=1\n", "o.toml", "adapt"); }, {"only [adapt] is"});
  expect_error([&] { parse_options("[adapt]\nlr=.5\n", "o.toml", "adapt"); }, {"o.toml:2: is not TOML"});
}

TEST(OptionsFile, IsReadFromAFile) {
  const TempFolder folder;
  const auto options = read_options(folder.write("options.toml", "[train]\nepochs=3\n"));
  ASSERT_EQ(options.size(), 1U);
  EXPECT_EQ(options[0].name, "epochs");
  expect_error([&] { read_options(folder.write("bad.toml", "[train")); },
               {folder.path().string() + "/bad.toml:1: "});
}

}  // namespace
}  // namespace mtnlp
