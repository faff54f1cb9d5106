#include "tasks/calibration.h"

#include <cmath>

#include "base/random.h"
#include "testing.h"

namespace mtnlp {
namespace {

/// Rows of two labels whose logits say `times` too loudly that the first is right in three of four.
LabelledLogits three_of_four(double times) {
  LabelledLogits rows{2};
  for (size_t i = 0; i < 80; ++i) {
    const auto logit = static_cast<float>(times * std::log(3.0));
    rows.add(std::vector<float>{logit, 0}, i % 4 == 0 ? 1.0 : 0.0);
    rows.add(std::vector<float>{7, 7 + logit}, i % 4 == 0 ? 0.0 : 1.0);
  }
  return rows;
}

/// Expects that the temperature of rows(times) is `times`.
void expect_loudness_found(LabelledLogits (*rows)(double times)) {
  for (const double times : {0.06, 0.3, 1.0, 2.5, 19.0}) {
    const std::optional<double> found = fit_temperature(rows(times));
    ASSERT_TRUE(found);
    EXPECT_NEAR(*found / times, 1, 1e-4);
  }
}

TEST(FitTemperature, FindsHowMuchTooLoudTheLogitsAre) {
  expect_loudness_found(three_of_four);
}

TEST(FitTemperature, IsTheLeastOfTheCrossEntropy) {
  LabelledLogits rows{5};
  for (uint64_t i = 0; i < 300; ++i) {
    std::vector<float> logits;
    for (uint64_t label = 0; label < 5; ++label)
      logits.push_back(static_cast<float>(static_cast<double>(hash_key(i, label) % 1000) / 100 - 5));
    const size_t largest = static_cast<size_t>(std::ranges::max_element(logits) - logits.begin());
    rows.add(logits, static_cast<double>(hash_key(i, uint64_t{9}) % 3 == 0 ? i % 5 : largest));
  }
  const double found = fit_temperature(rows).value();
  const double least = cross_entropy(rows, found);
  for (const double factor : {0.1, 0.9, 0.9999, 1.0001, 1.1, 5.0})
    EXPECT_LT(least, cross_entropy(rows, factor * found)) << factor;
  EXPECT_LT(least, cross_entropy(rows, 1));
}

TEST(FitTemperature, BeyondTheLimitsThereIsNone) {
  EXPECT_FALSE(fit_temperature(three_of_four(0.049)));
  EXPECT_FALSE(fit_temperature(three_of_four(20.1)));
  EXPECT_FALSE(fit_temperature(three_of_four(-1)));
  EXPECT_FALSE(fit_temperature(three_of_four(0)));  // whatever T, all is the same
  EXPECT_FALSE(fit_temperature(three_of_four(NAN)));
  LabelledLogits right{2};
  for (size_t i = 0; i < 60; ++i) right.add(std::vector<float>{1, 0}, 0.0);
  EXPECT_FALSE(fit_temperature(right));
  EXPECT_FALSE(fit_temperature({2}));
}

/// Rows of three labels, each with a logit that is `times` too loud: the first says that it is in three of four rows and
/// is, the second that it is in one of four.
LabelledLogits sets_of_four(double times) {
  LabelledLogits rows{3, RightLabels::kAny};
  for (size_t i = 0; i < 80; ++i) {
    LabelSet gold;
    if (i % 4 != 0) gold.push_back(0);
    if (i % 4 == 1) gold.push_back(1);
    if (i % 2 == 1) gold.push_back(2);
    const auto logit = static_cast<float>(times * std::log(3.0));
    rows.add(std::vector<float>{logit, -logit, 0}, Target(std::make_shared<const LabelSet>(gold)));
  }
  return rows;
}

TEST(FitTemperature, OfSeveralLabelsARow) {
  expect_loudness_found(sets_of_four);
  const double entropy = -(std::log(0.75) * 0.75 + std::log(0.25) * 0.25);
  EXPECT_NEAR(cross_entropy(sets_of_four(2), 2), (2 * entropy + std::log(2.0)) / 3, 1e-6);
  EXPECT_FALSE(fit_temperature(sets_of_four(0.049)));
  EXPECT_FALSE(fit_temperature(sets_of_four(-1)));
  EXPECT_FALSE(fit_temperature(sets_of_four(NAN)));
  EXPECT_FALSE(fit_temperature({3, RightLabels::kAny}));
}

TEST(FitTemperature, LogitsMayBeFarApart) {
  LabelledLogits rows{2};
  for (size_t i = 0; i < 60; ++i)
    rows.add(std::vector<float>{i % 3 == 0 ? 3000.0F : 5.0F, 0}, i % 3 == 1 ? 1.0 : 0.0);
  const std::optional<double> found = fit_temperature(rows);
  ASSERT_TRUE(!found || std::isfinite(*found));
  EXPECT_TRUE(std::isfinite(cross_entropy(rows, 0.05)));
}

}  // namespace
}  // namespace mtnlp
