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

TEST(ChartTest, WhereColoursBeginAgainDotsHaveAnotherShape) {
  const std::string svg = chart_svg(std::vector<ChartSeries>(14, {"a", {{1, 2, 2, 2}}}),
                                    {.title = "T", .x_label = "x", .y_label = "y"});
  EXPECT_EQ(count(svg, "<circle"), 2 * 6U);  // of each series a point, and one in the legend
  EXPECT_EQ(count(svg, "<rect"), 2 * 8U);
  EXPECT_EQ(count(svg, "rotate(45 "), 2 * 2U);
}

TEST(ChartTest, TextIsEscapedAndNothingIsAChartToo) {
  const std::string svg =
      chart_svg({{"</svg><script>\"&", {}}}, {.title = "<b>", .x_label = "", .y_label = ""});
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(svg, HasSubstr("nothing to show"));
}

TEST(ChartTest, InAPageTheStyleSheetPaints) {
  const std::string svg =
      chart_svg({{"<loss>", {{1, 2, 2, 2}, {2, 1, 1, 1}}}}, {.title = "T",
                                                             .x_label = "epoch",
                                                             .y_label = "loss",
                                                             .lines = true,
                                                             .in_page = true,
                                                             .whole_x = true,
                                                             .mark = ChartMark{2, "chosen"}});
  EXPECT_EQ(svg, R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 272" role="img" class="chart">
<title>T</title>
<line x1="46.0" y1="216.0" x2="346.0" y2="216.0" class="grid"/>
<text x="38.0" y="220.0" text-anchor="end">1</text>
<line x1="46.0" y1="168.5" x2="346.0" y2="168.5" class="grid"/>
<text x="38.0" y="172.5" text-anchor="end">1.25</text>
<line x1="46.0" y1="121.0" x2="346.0" y2="121.0" class="grid"/>
<text x="38.0" y="125.0" text-anchor="end">1.5</text>
<line x1="46.0" y1="73.5" x2="346.0" y2="73.5" class="grid"/>
<text x="38.0" y="77.5" text-anchor="end">1.75</text>
<line x1="46.0" y1="26.0" x2="346.0" y2="26.0" class="grid"/>
<text x="38.0" y="30.0" text-anchor="end">2</text>
<line x1="46.0" y1="216.0" x2="346.0" y2="216.0" class="axis"/>
<line x1="59.6" y1="216.0" x2="59.6" y2="220.0" class="axis"/>
<text x="59.6" y="234.0" text-anchor="middle">1</text>
<line x1="332.4" y1="216.0" x2="332.4" y2="220.0" class="axis"/>
<text x="332.4" y="234.0" text-anchor="middle">2</text>
<text x="196.0" y="256.0" text-anchor="middle">epoch</text>
<text x="4.0" y="14.0" >loss</text>
<line x1="332.4" y1="26.0" x2="332.4" y2="216.0" class="axis" stroke-dasharray="3 4"/>
<text x="336.4" y="22.0" text-anchor="end">chosen</text>
<circle cx="59.6" cy="26.0" r="4" style="fill:var(--s0)"><title>&lt;loss&gt;: 2</title></circle>
<circle cx="332.4" cy="216.0" r="4" style="fill:var(--s0)"><title>&lt;loss&gt;: 1</title></circle>
<polyline points="59.6,26.0 332.4,216.0" fill="none" style="stroke:var(--s0)"/>
</svg>
)svg");
}

TEST(ChartTest, OfManyJoinedPointsOnlyTheLineIsDrawn) {
  ChartSeries series{"a", {}};
  for (int i = 0; i < 100; ++i) series.points.push_back({i / 100.0, 1, 1, 1});
  const std::string svg = chart_svg({series}, {.title = "",
                                               .x_label = "",
                                               .y_label = "",
                                               .lines = true,
                                               .in_page = true,
                                               .x_span = {{0, 1}},
                                               .y_span = {{0, 1}},
                                               .diagonal = true});
  EXPECT_EQ(count(svg, "<circle"), 0U);
  EXPECT_EQ(count(svg, "<polyline"), 1U);
  EXPECT_EQ(count(svg, "stroke-dasharray"), 1U);  // the diagonal
}

TEST(ChartTest, ALogarithmicScaleLeavesOutWhatItCannotShow) {
  const std::string svg = chart_svg({{"a", {{0, 1, 1, 1}, {10, 1, 1, 1}, {1000, 2, 2, 2}}}},
                                    {.title = "", .x_label = "", .y_label = "", .log_x = true});
  EXPECT_EQ(count(svg, "<circle"), 2U + 1);
  for (const char* tick : {">10<", ">100<", ">1000<"}) EXPECT_THAT(svg, HasSubstr(tick));
}

}  // namespace
}  // namespace mtnlp
