#include "sweep/space.h"

#include <cmath>
#include <set>

#include "base/numbers.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

TEST(SpaceTest, AGridIsAllCombinations) {
  const auto settings = grid_of({parse_axis("lr=1e-5;2e-5"), parse_axis("--freeze=none;backbone,head:a")});
  ASSERT_EQ(settings.size(), 4U);
  EXPECT_EQ(setting_text(settings[0]), "lr=1e-5 freeze=none");
  EXPECT_EQ(setting_text(settings[1]), "lr=1e-5 freeze=backbone,head:a");
  EXPECT_EQ(setting_text(settings[3]), "lr=2e-5 freeze=backbone,head:a");
}

TEST(SpaceTest, BadAxesAreRefused) {
  expect_error([] { parse_axis("lr"); }, {"grid", "\"lr\" is not OPTION=VALUE"});
  expect_error([] { parse_axis("=3"); }, {"is not OPTION=VALUE"});
  expect_error([] { parse_axis("lr="); }, {"is not OPTION=VALUE"});
  expect_error([] { parse_axis("lr=1;2;1"); }, {"the value \"1\" stands twice"});
  expect_error([] { parse_axis("lr=1e-4..1e-5:log"); }, {"is not a range"});
  expect_error([] { parse_axis("lr=0..1:log"); }, {"is not a range", "above 0"});
  expect_error([] { parse_axis("lr=1..x"); }, {"\"1..x\" is not a range"});
  expect_error([] { parse_axis("lr=nan..1"); }, {"is not a range"});
  expect_error([] { grid_of({parse_axis("lr=1..2")}); }, {"lr", "samples"});
}

TEST(SpaceTest, DrawnValuesLieInTheirRangesAndFillThem) {
  const std::vector<Axis> axes = {parse_axis("lr=1e-5..1e-3:log"), parse_axis("epochs=2..5"),
                                  parse_axis("dropout=0..0.5"), parse_axis("freeze=none;all")};
  const auto settings = draw_settings(axes, 400, 7);
  ASSERT_EQ(settings.size(), 400U);
  std::set<std::string> epochs, freezes;
  size_t below = 0;
  for (const Setting& setting : settings) {
    const double lr = *parse_number<double>(setting[0].second),
                 dropout = *parse_number<double>(setting[2].second);
    EXPECT_TRUE(lr >= 1e-5 && lr <= 1e-3) << lr;
    EXPECT_TRUE(dropout >= 0 && dropout <= 0.5) << dropout;
    below += lr < 1e-4;
    epochs.insert(setting[1].second);
    freezes.insert(setting[3].second);
  }
  EXPECT_NEAR(static_cast<double>(below), 200, 40);  // half of them, in the logarithm
  EXPECT_THAT(epochs, ElementsAre("2", "3", "4", "5"));
  EXPECT_THAT(freezes, ElementsAre("all", "none"));
}

TEST(SpaceTest, MoreDrawsBeginWithTheSameOnesAndNoneComesTwice) {
  const std::vector<Axis> axes = {parse_axis("lr=1e-5..1e-3:log"), parse_axis("batch-size=8;16")};
  const auto few = draw_settings(axes, 5, 1), many = draw_settings(axes, 20, 1);
  EXPECT_EQ(few, std::vector<Setting>(many.begin(), many.begin() + 5));
  EXPECT_NE(few, draw_settings(axes, 5, 2));
  EXPECT_EQ(std::set<Setting>(many.begin(), many.end()).size(), 20U);
  EXPECT_EQ(draw_settings({parse_axis("batch-size=8;16")}, 9, 1).size(), 2U);
}

}  // namespace
}  // namespace mtnlp
