#include "base/printable.h"

#include <gtest/gtest.h>

namespace mtnlp {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const char* text : {"", "plain", "naïve café", "日本語", "a\\b", "🙂", "a b"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(printable("\u009b31m\u0085"), "\\u{9b}31m\\u{85}");
  EXPECT_EQ(printable("\u202eevil\u2028"), "\\u{202e}evil\\u{2028}");
}

TEST(Printable, ShowsWhatNobodyCouldSee) {
  EXPECT_EQ(printable("\uFEFFtext\u200b"), "\\u{feff}text\\u{200b}");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");  // cut
}

TEST(Shortened, NeverCutsASequence) {
  EXPECT_EQ(shortened("12345678", 8), "12345678");
  EXPECT_EQ(shortened("123456789", 8), "12345...");
  EXPECT_EQ(shortened("1234é6789", 8), "1234...");
}

TEST(Shown, IsQuotedShortAndPrintable) {
  EXPECT_EQ(shown("a\nb"), "\"a\\nb\"");
  EXPECT_EQ(shown(std::string(1000, 'x')).size(), 62u);
}

TEST(FewOf, ThreeAndACount) {
  EXPECT_EQ(few_of({}), "");
  EXPECT_EQ(few_of({"a", "b"}), "a, b");
  EXPECT_EQ(few_of({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(few_of({"a", "b", "c", "d", "e"}), "a, b, c and 2 more");
}

TEST(PrintedWidth, CountsColumnsOfATerminal) {
  EXPECT_EQ(printed_width(""), 0u);
  EXPECT_EQ(printed_width("abc"), 3u);
  EXPECT_EQ(printed_width("\u00e9"), 1u);
  EXPECT_EQ(printed_width("e\u0301"), 1u);
  EXPECT_EQ(printed_width("\u4e2d\u6587"), 4u);
  EXPECT_EQ(printed_width("\U0001f600"), 2u);
  EXPECT_EQ(printed_width("\xff"), 1u);
}

}  // namespace
}  // namespace mtnlp
