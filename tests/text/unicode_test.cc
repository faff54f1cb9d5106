#include "text/unicode.h"

#include "golden.h"

namespace mtnlp {
namespace {

using testing::expect_sweep;

std::string cleaned(std::string_view text, const BertCleanUp& options = {}) {
  std::string out;
  append_cleaned_up(text, options, out);
  return out;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  size_t at = 0;
  for (std::string_view word; !(word = next_bert_word(text, at)).empty();) found.emplace_back(word);
  return found;
}

TEST(Utf8, EveryCodePointThereAndBack) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    append_utf8(c, text);
    size_t at = 0;
    ASSERT_EQ(decode_utf8(text, at), c);
    ASSERT_EQ(at, text.size());
    ASSERT_TRUE(is_valid_utf8(text));
  }
}

TEST(Utf8, EachBadByteIsOneReplacementCharacter) {
  const std::pair<std::string, std::string> cases[] = {
      {"a\xFFz", "a\uFFFDz"},
      {"\x80\xBF", "\uFFFD\uFFFD"},                      // continuations without a lead
      {"\xC3", "\uFFFD"},                                // cut off
      {"\xE2\x82", "\uFFFD\uFFFD"},                      // cut off
      {"\xE2\x82z", "\uFFFD\uFFFDz"},                    // cut off by a letter
      {"\xF0\x9F\x98", "\uFFFD\uFFFD\uFFFD"},            // cut off
      {"\xC0\x80", "\uFFFD\uFFFD"},                      // overlong
      {"\xE0\x9F\xBF", "\uFFFD\uFFFD\uFFFD"},            // overlong
      {"\xF0\x8F\xBF\xBF", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // overlong
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},            // a surrogate
      {"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},  // above U+10FFFF
      {"\xF5\x80", "\uFFFD\uFFFD"},
      {"\xC3\xC3\xA9", "\uFFFD\u00E9"},  // the next sequence is not swallowed
      {"\xEF\xBF\xBD", "\uFFFD"},        // the character itself is fine
  };
  for (const auto& [bad, good] : cases) {
    EXPECT_EQ(repair_utf8(bad), good);
    EXPECT_EQ(is_valid_utf8(bad), bad == good);
    EXPECT_EQ(repair_utf8(good), good);
  }
}

TEST(BertCleanUp, DropsSpacesStripsAndLowers) {
  EXPECT_EQ(cleaned("H\u00C9llo\tW\u00D6rld\uFFFD\u00AD!"), "hello world!");
  EXPECT_EQ(cleaned(std::string_view("a\0b", 3)), "ab");
  EXPECT_EQ(cleaned("a\xFFz"), "az");
  EXPECT_EQ(cleaned("\u4E2D\u6587x"), " \u4E2D  \u6587 x");
  EXPECT_EQ(cleaned("\u0130\u03A3"), "i\u03C3");
  EXPECT_EQ(cleaned("\u0130", {.strip_accents = false}), "i\u0307");
  EXPECT_EQ(cleaned("\u00C9A", {.lowercase = false}), "EA");
  EXPECT_EQ(cleaned("\u00C9A", {.strip_accents = false, .lowercase = false}), "\u00C9A");
  EXPECT_EQ(cleaned("\u4E2D", {.tokenize_chinese_chars = false}), "\u4E2D");
  EXPECT_EQ(cleaned("a\tb\u00AD", {.clean_text = false}), "a\tb\u00AD");
}

TEST(BertCleanUp, AMarkIsOrderedBeforeItIsDropped) {
  EXPECT_EQ(cleaned("x\u302E\u0301\U0001D165"), "x\U0001D165\u302E");
  EXPECT_EQ(cleaned("x\u302E\u093A\U0001D165"), "x\u302E\U0001D165");  // a mark of class 0 parts the run
}

TEST(BertWords, SplitAtSpaceAndPunctuation) {
  EXPECT_THAT(words("  it's $5.00\u2014ok "),
              ::testing::ElementsAre("it", "'", "s", "$", "5", ".", "00", "\u2014", "ok"));
  EXPECT_THAT(words("a\u3000b\u0085c"), ::testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(words(""), ::testing::IsEmpty());
  EXPECT_THAT(words(" \n"), ::testing::IsEmpty());
}

TEST(Decomposition, OrdersMarksByClassAndKeepsEqualOnesInOrder) {
  const auto nfd = [](std::string_view text) {
    std::string out;
    append_decomposed(text, Decomposition::kCanonical, out);
    return out;
  };
  EXPECT_EQ(nfd("q\u0307\u0323"), "q\u0323\u0307");
  EXPECT_EQ(nfd("a\u0302\u0301"), "a\u0302\u0301");
  EXPECT_EQ(nfd("\u1EA5\u0323"), "a\u0323\u0302\u0301");
  std::string many = "a";
  for (int i = 0; i < 40; ++i) many += "\u0301\u0308\u0307";
  EXPECT_EQ(nfd(many), many);
  EXPECT_EQ(nfd("\uD55C"), "\u1112\u1161\u11AB");
  EXPECT_EQ(nfd("\uFB01"), "\uFB01");
  std::string compatible;
  append_decomposed("\uFB01\u2460", Decomposition::kCompatible, compatible);
  EXPECT_EQ(compatible, "fi1");
}

TEST(Graphemes, AreExtendedClusters) {
  EXPECT_EQ(grapheme_length("ab"), 1u);
  EXPECT_EQ(grapheme_length("e\u0301\u0302x"), 5u);
  EXPECT_EQ(grapheme_length("\r\nx"), 2u);
  EXPECT_EQ(grapheme_length("\n\u0301"), 1u);
  EXPECT_EQ(grapheme_length("\u0600ab"), 3u);
  EXPECT_EQ(grapheme_length("a\u0897b"), 4u);  // newer than utf8proc
  const std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467", flag = "\U0001F1E9\U0001F1EA";
  EXPECT_EQ(grapheme_length(family + "a"), family.size());
  EXPECT_EQ(grapheme_length(flag + flag), flag.size());
}

TEST(Words, CharactersOfThem) {
  for (const char32_t c : {U'a', U'_', U'7', U'\u00E9', U'\u4E2D', U'\u0301', U'\u200D', U'\u24B6'})
    EXPECT_TRUE(is_word_character(c)) << static_cast<uint32_t>(c);
  for (const char32_t c : {U' ', U'-', U'\u00B2', U'\u2014', U'\u20AC'})
    EXPECT_FALSE(is_word_character(c)) << static_cast<uint32_t>(c);
}

// ---- all of Unicode, against the reference ----

class BertSweep : public ::testing::TestWithParam<std::pair<const char*, BertCleanUp>> {};

TEST_P(BertSweep, WordsEqualTheReference) {
  std::string clean;
  expect_sweep(std::string("words: ") + GetParam().first, [&](std::string_view text, std::string& out) {
    clean.clear();
    append_cleaned_up(text, GetParam().second, clean);
    size_t at = 0, count = 0;
    for (std::string_view word; !(word = next_bert_word(clean, at)).empty(); ++count) {
      if (count > 0) out += '\t';
      out += word;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(
    Options, BertSweep,
    ::testing::Values(std::pair{"uncased", BertCleanUp{}},
                      std::pair{"cased", BertCleanUp{.strip_accents = false, .lowercase = false}},
                      std::pair{"accents kept", BertCleanUp{.strip_accents = false}},
                      std::pair{"cased, accents stripped", BertCleanUp{.lowercase = false}},
                      std::pair{"chinese characters in words", BertCleanUp{.tokenize_chinese_chars = false}},
                      std::pair{"not cleaned", BertCleanUp{.clean_text = false}}),
    [](const auto& tested) { return testing::test_name(tested.param.first); });

TEST(UnicodeSweep, NormalisersEqualTheReference) {
  expect_sweep("NFD", [](std::string_view text, std::string& out) {
    append_decomposed(text, Decomposition::kCanonical, out);
  });
  expect_sweep("NFKD", [](std::string_view text, std::string& out) {
    append_decomposed(text, Decomposition::kCompatible, out);
  });
  expect_sweep("StripAccents", append_without_accents);
  expect_sweep("Lowercase", [](std::string_view text, std::string& out) { append_lower(text, out); });
}

}  // namespace
}  // namespace mtnlp
