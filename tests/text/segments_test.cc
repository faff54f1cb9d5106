#include "text/segments.h"

#include "testing.h"
#include "text/fold_text.h"

namespace mtnlp {
namespace {

std::string pair(std::string_view first, std::string_view second) {
  return row_text({first, second});
}

TEST(Segments, AreReadBackFromTheTextOfARow) {
  const std::string both = pair("a b", "c");
  EXPECT_EQ(segments_of(both).first, "a b");
  EXPECT_EQ(segments_of(both).second, "c");
  EXPECT_EQ(segments_of("a b").first, "a b");
  EXPECT_FALSE(segments_of("a b").second.has_value());
  EXPECT_EQ(segments_of(pair("", "")).second, "");
  EXPECT_EQ(row_text(segments_of("a b")), "a b");
  EXPECT_EQ(row_text(segments_of(both)), both);
}

TEST(Segments, AreBlankWhereOneShowsNothing) {
  EXPECT_FALSE(has_blank_segment(pair("a", "b")));
  EXPECT_TRUE(has_blank_segment(pair("a", " \u200b")));
  EXPECT_TRUE(has_blank_segment(pair("", "b")));
  EXPECT_FALSE(has_blank_segment("a"));
  EXPECT_TRUE(has_blank_segment(" "));
}

TEST(Segments, AreShownSideBySide) {
  EXPECT_EQ(shown_segments(pair("a b", "c")), "a b | c");
  EXPECT_EQ(shown_segments("a b"), "a b");
}

TEST(Segments, FoldEachByItself) {
  EXPECT_EQ(fold_text(pair(" A  b ", "\tC ")), pair("a b", "c"));
  EXPECT_NE(fold_text(pair("a b", "c")), fold_text(pair("a", "b c")));
  EXPECT_NE(fold_text(pair("a", "")), fold_text(pair("", "a")));
  EXPECT_EQ(fold_text(fold_text(pair(" ", " x "))), pair("", "x"));
}

}  // namespace
}  // namespace mtnlp
