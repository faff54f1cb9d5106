#include "text/added_tokens.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> sections(const AddedTokens& tokens, std::string_view text) {
  std::vector<std::string> found;
  tokens.for_each_section(text, [&](std::string_view section, int32_t id) {
    found.push_back(std::string(section) + (id == Tokenizer::kNoId ? "" : "=" + std::to_string(id)));
  });
  return found;
}

TEST(AddedTokens, CutTheText) {
  AddedTokens tokens;
  EXPECT_THAT(sections(tokens, "all"), ElementsAre("all"));
  EXPECT_THAT(sections(tokens, ""), IsEmpty());
  tokens.add({.content = "[A]", .id = 1});
  tokens.add({.content = ""});
  EXPECT_THAT(sections(tokens, "x[A][A] y[A"), ElementsAre("x", "[A]=1", "[A]=1", " y[A"));
  EXPECT_THAT(sections(tokens, "[A]"), ElementsAre("[A]=1"));
  EXPECT_THAT(sections(tokens, "[[A]]"), ElementsAre("[", "[A]=1", "]"));
}

TEST(AddedTokens, LeftmostThenLongest) {
  AddedTokens tokens;
  tokens.add({.content = "ab", .id = 1});
  tokens.add({.content = "abcd", .id = 2});
  tokens.add({.content = "bcdef", .id = 3});
  EXPECT_THAT(sections(tokens, "abcdef abc"), ElementsAre("abcd=2", "ef ", "ab=1", "c"));
}

TEST(AddedTokens, SingleWord) {
  AddedTokens tokens;
  tokens.add({.content = "new", .id = 1, .single_word = true});
  EXPECT_THAT(sections(tokens, "new, renew news new"), ElementsAre("new=1", ", renew news ", "new=1"));
  EXPECT_THAT(sections(tokens, "\u00E9new new\u00E9 -new\u2014"),
              ElementsAre("\u00E9new new\u00E9 -", "new=1", "\u2014"));
}

TEST(AddedTokens, TakeWhiteSpaceAlong) {
  AddedTokens tokens;
  tokens.add({.content = "<l>", .id = 1, .lstrip = true});
  tokens.add({.content = "<r>", .id = 2, .rstrip = true});
  EXPECT_THAT(sections(tokens, "a \u3000<l> b <r>\u00A0 c"),
              ElementsAre("a", " \u3000<l>=1", " b ", "<r>\u00A0 =2", "c"));
  EXPECT_THAT(sections(tokens, "<r>  <l>"), ElementsAre("<r>  =2", "<l>=1"));  // spaces are taken once
  EXPECT_THAT(sections(tokens, "  <l>"), ElementsAre("  <l>=1"));
}

}  // namespace
}  // namespace mtnlp
