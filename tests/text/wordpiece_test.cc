#include "text/wordpiece.h"

#include "golden.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_golden;

const std::vector<std::string> kWords = {"[UNK]", "un",     "##aff",    "##able", "run", "##ning",
                                         "##n",   "\u00E9", "##\u00E9", "a",      "##a"};

std::vector<int32_t> pieces_of(const WordPiece& model, std::string_view text) {
  std::vector<int32_t> ids;
  model.append_pieces(text, ids);
  return ids;
}

TEST(WordPiece, LongestPieceFirst) {
  const WordPiece model({}, kWords, 0);
  EXPECT_THAT(pieces_of(model, "unaffable running"), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(pieces_of(model, "runn"), ElementsAre(4, 6));
  EXPECT_THAT(pieces_of(model, "\u00E9\u00E9"), ElementsAre(7, 8));
}

TEST(WordPiece, AWordThatDoesNotComeOutIsUnknownAsAWhole) {
  const WordPiece model({}, kWords, 0);
  EXPECT_THAT(pieces_of(model, "unable runx ning un"), ElementsAre(1, 3, 0, 0, 1));
}

TEST(WordPiece, LengthLimitCountsCharacters) {
  const WordPiece model({}, kWords, 0, {.longest_word = 3});
  EXPECT_THAT(pieces_of(model, "aaa aaaa"), ElementsAre(9, 10, 10, 0));
  EXPECT_THAT(pieces_of(model, "\u00E9\u00E9\u00E9 \u00E9\u00E9\u00E9\u00E9"), ElementsAre(7, 8, 8, 0));
}

TEST(WordPiece, OtherPrefix) {
  const WordPiece model({}, {"[UNK]", "a", "@b"}, 0, {.continuing_prefix = "@"});
  EXPECT_THAT(pieces_of(model, "abb b"), ElementsAre(1, 2, 2, 0));
}

TEST(WordPiece, StopsEarlyWhenAsked) {
  const WordPiece model({}, kWords, 0);
  std::vector<int32_t> ids{42};
  model.append_first_pieces("a a a a a a", 2, ids);
  EXPECT_THAT(ids, ElementsAre(42, 9, 9));
}

TEST(WordPiece, BytesThatAreNotUtf8CountAsReplacementCharacters) {
  const WordPiece model({}, {"[UNK]", "a", "\uFFFD", "##\uFFFD"}, 0);
  EXPECT_THAT(pieces_of(model, "a \xE2\x82 \xFF"), ElementsAre(1, 2, 3, 2));
}

TEST(WordPieceGolden, VocabularyOfMiniLm) {
  const auto tokenizer = testing::golden_tokenizer("minilm");
  expect_golden(*tokenizer, "minilm");
  for (const char* length : {"8", "128", "512"})
    expect_golden(*tokenizer, std::string("minilm, length ") + length);
  std::vector<int32_t> ids;
  testing::expect_sweep("ids: minilm", [&](std::string_view text, std::string& out) {
    out += testing::joined(tokenizer->encode(text, {100}));
  });
}

class WordPieceVariants : public ::testing::TestWithParam<const char*> {};

TEST_P(WordPieceVariants, EqualTheReference) {
  expect_golden(*testing::golden_tokenizer(GetParam()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Golden, WordPieceVariants,
                         ::testing::Values("uncased", "cased", "accents kept", "cased, accents stripped",
                                           "chinese characters in words", "not cleaned", "lower case first",
                                           "no normalizer", "added tokens", "cased, length 8"),
                         [](const auto& tested) { return testing::test_name(tested.param); });

}  // namespace
}  // namespace mtnlp
