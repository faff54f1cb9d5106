#include "tasks/prediction.h"

#include <cmath>

#include "tasks/label_metrics.h"
#include "tasks/single_label.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;

const std::vector<float> kLogits = {0, std::log(3.0F), std::log(4.0F)};  // 1 : 3 : 4

TEST(Decision, WithoutOneTheAnswerIsTheSoftmaxOfTheLogitsBitForBit) {
  for (const float scale : {0.01F, 1.0F, 30.0F}) {
    std::vector<float> logits = {-0.3F * scale, 1.7F * scale, 1.1F * scale};
    const double largest = logits[1];
    double sum = 0;
    for (const float logit : logits) sum += std::exp(logit - largest);
    const auto expected = static_cast<float>(std::exp(0.0 - std::log(sum)));
    EXPECT_EQ(decode(logits).probability, expected);
    EXPECT_EQ(decode(logits).label, 1U);
    EXPECT_EQ(decode(logits, {1, {0, 0, 0}}).probability, expected);
    EXPECT_EQ(probabilities(logits)[1], expected);
    EXPECT_EQ(probabilities(logits), probabilities(logits, {1, {0, 0, 0}}));
  }
}

TEST(Decision, ProbabilitiesAreTheSoftmaxOfLogitsByTemperaturePlusShift) {
  const Decision decision{0.5, {std::log(32.0), 0, 0}};  // 1 : 9 : 16 by the temperature, then 32 : 9 : 16
  const std::vector<float> found = probabilities(kLogits, decision);
  EXPECT_NEAR(found[0], 32.0 / 57, 1e-6);
  EXPECT_NEAR(found[1], 9.0 / 57, 1e-6);
  EXPECT_NEAR(found[2], 16.0 / 57, 1e-6);
  EXPECT_EQ(decode(kLogits, decision).label, 0U);
  EXPECT_EQ(decode(kLogits, decision).probability, found[0]);
  EXPECT_NEAR(decode(kLogits, {0.5}).probability, 16.0 / 26, 1e-6);
}

TEST(Decision, NoTemperatureAndNoShiftOverflow) {
  EXPECT_THAT(probabilities(kLogits, {1e-300}), ElementsAre(0, 0, 1));
  EXPECT_THAT(probabilities(kLogits, {1, {1e308, -1e308, 0}}), ElementsAre(1, 0, 0));
  for (const float probability : probabilities(kLogits, {1e300})) EXPECT_FLOAT_EQ(probability, 1.0F / 3);
}

TEST(Decision, MakesTheGuessAndLeavesTheLossAlone) {
  const Task raw{"mood", {"a", "b", "c"}}, shifted{"mood", raw.labels, raw.kind, {2, {1, 1, 0}}};
  const auto before = raw.kind->make_metrics(raw), after = raw.kind->make_metrics(shifted);
  for (const auto& metrics : {before.get(), after.get()}) metrics->add(1, kLogits);
  EXPECT_EQ(before->loss(), after->loss());
  EXPECT_EQ(before->figures()[0], 0);
  EXPECT_EQ(after->figures()[0], 1);
  EXPECT_EQ(raw.kind->answer(shifted, kLogits)[0], "b");
  EXPECT_EQ(raw.kind->probabilities(shifted, kLogits), probabilities(kLogits, shifted.decision));
  EXPECT_EQ(undecided({shifted})[0].decision, Decision());
}

}  // namespace
}  // namespace mtnlp
