#include "base/words.h"

#include "testing.h"

namespace mtnlp {
namespace {

TEST(Suggest, EditDistance) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3U);
  EXPECT_EQ(edit_distance("flaw", "lawn"), 2U);
  EXPECT_EQ(edit_distance("mean", "mean"), 0U);
  EXPECT_EQ(edit_distance("trian", "train"), 1U);  // neighbours swapped
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);       // a swapped pair is not edited again
}

TEST(Suggest, NearestValidWord) {
  const std::vector<std::string> valid = {"mean", "cls", "max", "backbone"};
  EXPECT_EQ(did_you_mean("maen", {"mean"}), " (did you mean \"mean\"?)");
  EXPECT_EQ(did_you_mean("mxxn", {"mean"}), "");  // two edits of four letters are too many
  EXPECT_EQ(did_you_mean("meann", valid), " (did you mean \"mean\"?)");
  EXPECT_EQ(did_you_mean("backbon", valid), " (did you mean \"backbone\"?)");
  EXPECT_EQ(did_you_mean("bakcbone", valid), " (did you mean \"backbone\"?)");
  EXPECT_EQ(did_you_mean("ma", valid), " (did you mean \"max\"?)");
  EXPECT_EQ(did_you_mean("embeddings", valid), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

TEST(Suggest, FirstOfEquallyNear) {
  EXPECT_EQ(did_you_mean("cat", {"bat", "car"}), " (did you mean \"bat\"?)");
}

TEST(Suggest, PiecesOf) {
  EXPECT_EQ(pieces_of("a;;b;;", ";;"), (std::vector<std::string_view>{"a", "b", ""}));
  EXPECT_EQ(pieces_of("", "|"), (std::vector<std::string_view>{""}));
}

TEST(Suggest, Join) {
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join({"a"}), "a");
  EXPECT_EQ(join({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(join({"a", "b"}, "|"), "a|b");
}

TEST(Suggest, Split) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_text(""), Words());
  EXPECT_EQ(split_text("a"), (Words{"a"}));
  EXPECT_EQ(split_text("a,,b"), (Words{"a", "", "b"}));
  EXPECT_EQ(split_text("a,"), (Words{"a"}));
  EXPECT_EQ(split_text("a|b,c", '|'), (Words{"a", "b,c"}));
}

TEST(DidYouMean, TextsAreNotCompared) {
  const std::string text(1'000'000, 'a');
  EXPECT_EQ(did_you_mean(text, {text + "b"}), "");
  EXPECT_EQ(did_you_mean("a", {text}), "");
  EXPECT_EQ(did_you_mean("aaaa", {"aaaabbb", "aaaab"}), " (did you mean \"aaaab\"?)");
}

}  // namespace
}  // namespace mtnlp
