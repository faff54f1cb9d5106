#include "sweep/space.h"

#include <cmath>
#include <set>

#include "base/numbers.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;

Axis axis_of(const std::string& text, Values values = Values::kTexts) {
  const auto [option, texts] = parse_axis(text);
  return make_axis(option, texts, values);
}

TEST(SpaceTest, AGridIsAllCombinations) {
  const auto settings = grid_of({axis_of("lr=1e-5;2e-5"), axis_of("--freeze=none;backbone,head:a")});
  ASSERT_EQ(settings.size(), 4U);
  EXPECT_EQ(setting_text(settings[0]), "lr=1e-5 freeze=none");
  EXPECT_EQ(setting_text(settings[1]), "lr=1e-5 freeze=backbone,head:a");
  EXPECT_EQ(setting_text(settings[3]), "lr=2e-5 freeze=backbone,head:a");
}

TEST(SpaceTest, BadAxesAreRefused) {
  expect_error([] { axis_of("lr"); }, {"grid", "\"lr\" is not OPTION=VALUE"});
  expect_error([] { axis_of("=3"); }, {"is not OPTION=VALUE"});
  expect_error([] { axis_of("lr="); }, {"is not OPTION=VALUE"});
  expect_error([] { make_axis("lr", {}, Values::kNumbers); }, {"lr: has no value"});
  expect_error([] { axis_of("freeze=all;none;all"); }, {"the value \"all\" stands twice"});
  for (const char* text : {"1e-4..1e-5:log", "0..1:log", "1..x", "nan..1", "1..", "..1", "1..2:lin"})
    expect_error([&] { make_axis("lr", {text}, Values::kNumbers); }, {"lr: ", text, "is not a range"});
  expect_error([] { axis_of("epochs=1..2.5", Values::kWholeNumbers); }, {"is not a range of whole numbers"});
  expect_error([] { grid_of({axis_of("lr=1..2", Values::kNumbers)}); }, {"lr", "samples"});
}

TEST(SpaceTest, EqualNumbersAreOneValue) {
  expect_error([] { axis_of("lr=1;1.0", Values::kNumbers); }, {"the value \"1.0\" stands twice"});
  EXPECT_EQ(axis_of("prompt-text=1;1.0").values.size(), 2U);
}

TEST(SpaceTest, RangesAreOfNumbers) {
  EXPECT_EQ(axis_of("encoder=../models/a;../models/b").values.size(), 2U);
  EXPECT_FALSE(axis_of("encoder=../models/a").interval);
}

TEST(SpaceTest, DrawnValuesLieInTheirRangesAndFillThem) {
  const std::vector<Axis> axes = {axis_of("lr=1e-5..1e-3:log", Values::kNumbers),
                                  axis_of("epochs=2..5", Values::kWholeNumbers),
                                  axis_of("dropout=0..1", Values::kNumbers),
                                  axis_of("batch-size=4..8:log", Values::kWholeNumbers),
                                  axis_of("weight-decay=0.01234..0.01236", Values::kNumbers),
                                  axis_of("freeze=none;all")};
  const auto settings = draw_settings(axes, 400, 7);
  ASSERT_EQ(settings.size(), 400U);
  std::set<std::string> epochs, freezes, batches;
  size_t below = 0, middle = 0;
  for (const Setting& setting : settings) {
    const double lr = *parse_number<double>(setting[0].second),
                 dropout = *parse_number<double>(setting[2].second),
                 decay = *parse_number<double>(setting[4].second);
    EXPECT_TRUE(lr >= 1e-5 && lr <= 1e-3) << lr;
    EXPECT_TRUE(dropout >= 0 && dropout <= 1) << dropout;
    EXPECT_TRUE(decay >= 0.01234 && decay <= 0.01236) << decay;  // though it has more than three digits
    below += lr < 1e-4;
    middle += dropout > 0.25 && dropout < 0.75;
    epochs.insert(setting[1].second);
    batches.insert(setting[3].second);
    freezes.insert(setting[5].second);
  }
  EXPECT_NEAR(static_cast<double>(below), 200, 40);   // half of them, in the logarithm
  EXPECT_NEAR(static_cast<double>(middle), 200, 40);  // ends that are whole do not make whole numbers
  EXPECT_THAT(epochs, ElementsAre("2", "3", "4", "5"));
  EXPECT_THAT(batches, ElementsAre("4", "5", "6", "7", "8"));
  EXPECT_THAT(freezes, ElementsAre("all", "none"));
}

TEST(SpaceTest, MoreDrawsBeginWithTheSameOnesAndNoneComesTwice) {
  const std::vector<Axis> axes = {axis_of("lr=1e-5..1e-3:log", Values::kNumbers), axis_of("batch-size=8;16")};
  const auto few = draw_settings(axes, 5, 1), many = draw_settings(axes, 20, 1);
  EXPECT_EQ(few, std::vector<Setting>(many.begin(), many.begin() + 5));
  EXPECT_NE(few, draw_settings(axes, 5, 2));
  EXPECT_EQ(std::set<Setting>(many.begin(), many.end()).size(), 20U);
  EXPECT_EQ(draw_settings({axis_of("batch-size=8;16")}, 9, 1).size(), 2U);
}

}  // namespace
}  // namespace mtnlp
