#include "text/unigram.h"

#include "golden.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;

std::vector<int32_t> pieces_of(const Unigram& model, std::string_view text) {
  std::vector<int32_t> ids;
  model.append_pieces(text, ids);
  return ids;
}

const std::vector<UnigramPiece> kPieces = {{"<unk>", 0}, {"\u2581", -3},  {"a", -2},   {"b", -2},
                                           {"ab", -3},   {"\u2581a", -2}, {"abc", -1}, {"\u2581abb", -20}};

TEST(Unigram, TakesTheBestPath) {
  const Unigram model({}, kPieces, 0);
  EXPECT_THAT(pieces_of(model, "ab"), ElementsAre(5, 3));      // -2 - 2 beats -3 - 3
  EXPECT_THAT(pieces_of(model, "abc"), ElementsAre(1, 6));     // -3 - 1
  EXPECT_THAT(pieces_of(model, "abb"), ElementsAre(5, 3, 3));  // not the long piece of -20
  EXPECT_THAT(pieces_of(model, "  ab\ta "), ElementsAre(5, 3, 5));
  EXPECT_THAT(pieces_of(model, ""), ElementsAre());
}

TEST(Unigram, OfEqualPathsTheFirstFoundStays) {
  const Unigram model({}, {{"<unk>", 0}, {"\u2581", 0}, {"x", -1}, {"xx", -2}}, 0, {.prepend = false});
  EXPECT_THAT(pieces_of(model, "xx"), ElementsAre(3));
}

TEST(Unigram, UnknownCharactersInARowAreOneUnknown) {
  const Unigram model({}, kPieces, 0);
  EXPECT_THAT(pieces_of(model, "zzz\u4E2Da"), ElementsAre(1, 0, 2));
  EXPECT_THAT(pieces_of(model, "z z"), ElementsAre(1, 0, 1, 0));
}

TEST(Unigram, UnknownCostsTenMoreThanTheWorstPiece) {
  const WordMarks bare{.prepend = false};
  EXPECT_THAT(pieces_of(Unigram({}, {{"<unk>", 0}, {"a", 9}, {"ab", -3}}, 0, bare), "ab"), ElementsAre(2));
  EXPECT_THAT(pieces_of(Unigram({}, {{"<unk>", 0}, {"a", 11}, {"ab", -3}}, 0, bare), "ab"),
              ElementsAre(1, 0));
}

TEST(Unigram, MarksInTheTextCutIt) {
  EXPECT_THAT(pieces_of(Unigram({}, kPieces, 0), "b\u2581\u2581a"), ElementsAre(1, 3, 1, 5));
  EXPECT_THAT(pieces_of(Unigram({}, kPieces, 0, {.prepend = false}), "b a"), ElementsAre(3, 2));
  const WordMarks spaces_stay{.split_at_white_space = false};
  EXPECT_THAT(pieces_of(Unigram({}, kPieces, 0, spaces_stay), "b  a"), ElementsAre(1, 3, 1, 5));
}

TEST(Unigram, BytesThatAreNotUtf8CountAsReplacementCharacters) {
  const Unigram model({}, {{"<unk>", 0}, {"\u2581", -1}, {"a", -1}, {"\uFFFD", -1}}, 0);
  EXPECT_THAT(pieces_of(model, "a\xE2\x82 \xFF"), ElementsAre(1, 2, 3, 3, 1, 3));
}

}  // namespace
}  // namespace mtnlp
