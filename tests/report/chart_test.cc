#include "report/chart.h"

#include <cmath>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

size_t count(const std::string& text, const std::string& part) {
  size_t times = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

TEST(ChartTest, TicksAreRoundAndSpanTheValues) {
  EXPECT_THAT(round_ticks(0.62, 0.98), ElementsAre(0.6, 0.7, 0.8, 0.9, 1.0));
  EXPECT_THAT(round_ticks(0, 100), ElementsAre(0, 25, 50, 75, 100));
  EXPECT_THAT(round_ticks(-3, 9), ElementsAre(-5, 0, 5, 10));
  for (const double value : {0.0, 1.0, -7.0}) {
    const auto ticks = round_ticks(value, value);
    EXPECT_LE(ticks.front(), value);
    EXPECT_GE(ticks.back(), value);
    EXPECT_GE(ticks.size(), 2U);
  }
}

TEST(ChartTest, EveryPointIsDrawnWithItsInterval) {
  const std::string svg = chart_svg(
      {{"a", {{0, 0.5, 0.4, 0.6}, {1, 0.7, 0.7, 0.7}}}, {"b", {{0, NAN, 0, 1}, {1, 0.9, NAN, NAN}}}},
      {.title = "T", .x_label = "x", .y_label = "y", .names = {"one", "two"}, .lines = true});
  EXPECT_EQ(count(svg, "<circle"), 3U + 2);  // the points, and two in the legend
  EXPECT_EQ(count(svg, "stroke-width=\"2\""), 1U);
  EXPECT_EQ(count(svg, "<polyline"), 2U);
  for (const char* word : {">one<", ">two<", ">a<", ">b<", "<title>T</title>"})
    EXPECT_THAT(svg, HasSubstr(word));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(ChartTest, TextIsEscapedAndNothingIsAChartToo) {
  const std::string svg =
      chart_svg({{"</svg><script>\"&", {}}}, {.title = "<b>", .x_label = "", .y_label = ""});
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(svg, HasSubstr("nothing to show"));
}

TEST(ChartTest, ALogarithmicScaleLeavesOutWhatItCannotShow) {
  const std::string svg = chart_svg({{"a", {{0, 1, 1, 1}, {10, 1, 1, 1}, {1000, 2, 2, 2}}}},
                                    {.title = "", .x_label = "", .y_label = "", .log_x = true});
  EXPECT_EQ(count(svg, "<circle"), 2U + 1);
  for (const char* tick : {">10<", ">100<", ">1000<"}) EXPECT_THAT(svg, HasSubstr(tick));
}

}  // namespace
}  // namespace mtnlp
