#include "train/decide.h"

#include <cmath>

#include "tasks/label_metrics.h"
#include "tasks/multi_label.h"
#include "tasks/regression.h"
#include "testing.h"

namespace mtnlp {
namespace {

/// Embeds a text of the one token n as the number n.
class TokenEmbedder : public Embedder {
 public:
  size_t dim() const override { return 1; }
  int threads() const override { return 1; }
  void embed(std::span<const TokenIds> texts, float* out) const override {
    for (const TokenIds text : texts) *out++ = static_cast<float>(text[0]);
  }
};

/// Rows of one token, each with its target of two tasks and its part.
struct Rows {
  Rows() {
    encoded.offsets = {0};
    encoded.tasks = 2;
  }
  void add(size_t count, int32_t token, double target, Part part) {
    for (size_t i = 0; i < count; ++i) {
      encoded.ids.push_back(token);
      encoded.offsets.push_back(encoded.ids.size());
      encoded.targets.insert(encoded.targets.end(), {target, target});
      parts.push_back(part);
    }
  }

  EncodedRows encoded;
  std::vector<Part> parts;
};

/// Heads whose logits are {x / 10, 0}: of token 10 e : 1.
Predictor model(const std::vector<Task>& tasks) {
  ModelSettings settings;
  settings.tasks = tasks;
  const HeadWeights head{{0.1F, 0}, {0, 0}};
  return {settings, std::make_unique<TokenEmbedder>(), {head, head}};
}

TEST(PriorShift, IsTheNegativeLogarithmOfTheShares) {
  const std::vector<Target> training = {0, 0, kNoTarget, 0, 1};
  EXPECT_EQ(prior_shift(training, 3, 1), (std::vector<double>{std::log(4.0 / 3), std::log(4.0), 0}));
  EXPECT_EQ(prior_shift(training, 3, 0.5),
            (std::vector<double>{0.5 * std::log(4.0 / 3), 0.5 * std::log(4.0), 0}));
  EXPECT_EQ(prior_shift(training, 3, 0), (std::vector<double>{0, 0, 0}));
}

class DecideTasks : public ::testing::Test {
 protected:
  DecideTasks() {
    rows_.add(9, 1, 0, Part::kTrain);  // shares 9 : 1, so that tau 1 shifts by log 9 = 2.2, 0.5 by 1.1
    rows_.add(1, 1, 1, Part::kTrain);
    rows_.add(5, 30, 0, Part::kValidation);
    rows_.add(1, 10, 0, Part::kValidation);
  }
  std::vector<Task> decide(const std::vector<bool>& frozen = {false, false},
                           const DecideOptions& options = kBalanced) {
    std::vector<Task> tasks = tasks_;
    decide_tasks(model(tasks_), rows_.encoded, rows_.parts, frozen, options, tasks);
    return tasks;
  }
  std::vector<Task> calibrate(const std::vector<bool>& frozen = {false, false}) {
    return decide(frozen, {Calibrate::kTemperature, Decide::kAccuracy});
  }
  /// The shift of the class 1 above that of the class 0 in units of log 9.
  static double tau(const Task& task) {
    return (task.decision.shift[1] - task.decision.shift[0]) / std::log(9.0);
  }

  static constexpr DecideOptions kBalanced = {Calibrate::kNone, Decide::kBalanced};
  Rows rows_;
  std::vector<Task> tasks_ = {{"a", {"x", "y"}}, {"b", {"x", "y"}}};
};

TEST_F(DecideTasks, TheSmallestOfTheBestIsTaken) {
  rows_.add(2, 10, 1, Part::kValidation);  // logit 1: 0.5 shifts them over, 0.25 does not
  EXPECT_DOUBLE_EQ(tau(decide()[0]), 0.5);
  rows_.add(50, 10, 0, Part::kTest);  // which has no say
  EXPECT_DOUBLE_EQ(tau(decide()[0]), 0.5);
}

TEST_F(DecideTasks, ValidationThatIsRightWithoutAShiftGetsNone) {
  rows_.add(2, -10, 1, Part::kValidation);
  tasks_[0].decision.shift = {0, 5};  // of before, which does not count
  const std::vector<Task> tasks = decide();
  EXPECT_EQ(tasks[0].decision, (Decision{1, {0, 0}}));
  EXPECT_EQ(tasks[1].decision, (Decision{1, {0, 0}}));
}

TEST_F(DecideTasks, AFrozenHeadKeepsItsDecision) {
  rows_.add(2, 10, 1, Part::kValidation);
  tasks_[0].decision = {2, {0, 5}};
  const std::vector<Task> tasks = decide({true, false});
  EXPECT_EQ(tasks[0].decision, tasks_[0].decision);
  EXPECT_DOUBLE_EQ(tau(tasks[1]), 0.5);
}

TEST_F(DecideTasks, WithoutValidationRowsNothingIsShifted) {
  for (Part& part : rows_.parts) part = Part::kTrain;
  EXPECT_EQ(decide()[0].decision, (Decision{1, {0, 0}}));
  EXPECT_EQ(decide({false, false}, {Calibrate::kTemperature, Decide::kBalanced})[0].decision,
            (Decision{1, {0, 0}}));
}

TEST_F(DecideTasks, ATemperatureMakesTheConfidenceTheShareOfRightAnswers) {
  rows_ = {};
  rows_.add(30, 20, 0, Part::kValidation);  // a logit of 2 that is right in three of four
  rows_.add(10, 20, 1, Part::kValidation);
  rows_.add(30, -20, 1, Part::kValidation);
  rows_.add(10, -20, 0, Part::kValidation);
  rows_.add(500, 20, 0, Part::kTest);  // these two have no say
  rows_.add(500, 20, 1, Part::kTrain);
  tasks_[0].decision = {5, {0, 5}};  // of before, which does not count
  const std::vector<Task> tasks = calibrate({false, true});
  EXPECT_NEAR(tasks[0].decision.temperature, 2 / std::log(3.0), 1e-6);
  EXPECT_TRUE(tasks[0].decision.shift.empty());
  EXPECT_EQ(tasks[1].decision, Decision());  // frozen
  EXPECT_EQ(calibrate()[0].decision, calibrate()[1].decision);
}

TEST_F(DecideTasks, TheShiftIsChosenWithTheTemperatureInPlace) {
  rows_ = {};
  rows_.add(90, 20, 0, Part::kTrain);
  rows_.add(10, 20, 1, Part::kTrain);
  rows_.add(90, 20, 0, Part::kValidation);
  rows_.add(30, 10, 0, Part::kValidation);
  rows_.add(20, 10, 1, Part::kValidation);  // the logit of 1 is to be shifted over
  const Decision decision = decide({false, false}, {Calibrate::kTemperature, Decide::kBalanced})[0].decision;
  EXPECT_EQ(decision.temperature, calibrate()[0].decision.temperature);
  const double by_temperature = 1 / decision.temperature / std::log(9.0);  // the shift that it takes
  EXPECT_GT(tau({"", {}, nullptr, decision}), by_temperature);
  EXPECT_LE(tau({"", {}, nullptr, decision}) - 0.25, by_temperature);
}

TEST_F(DecideTasks, TooFewRowsOrNoneThatFitLeaveTheTemperatureAtOne) {
  rows_ = {};
  rows_.add(37, 20, 0, Part::kValidation);
  rows_.add(12, 20, 1, Part::kValidation);
  EXPECT_EQ(calibrate()[0].decision, Decision());
  rows_.add(1, 20, 1, Part::kValidation);
  EXPECT_NE(calibrate()[0].decision, Decision());
  rows_ = {};
  rows_.add(60, 20, 0, Part::kValidation);  // all right
  EXPECT_EQ(calibrate()[0].decision, Decision());
}

TEST_F(DecideTasks, SeveralLabelsGetATemperatureAndThenThresholds) {
  rows_ = {};
  const auto add = [&](size_t count, int32_t token, const LabelSet& gold, Part part) {
    for (size_t i = 0; i < count; ++i) {
      rows_.add(1, token, 0, part);
      for (size_t task = 0; task < 2; ++task)
        rows_.encoded.targets[rows_.encoded.targets.size() - 1 - task] =
            Target(std::make_shared<const LabelSet>(gold));
    }
  };
  add(30, 20, {0}, Part::kValidation);  // a logit of 2 that is right in three of four; 0 in one of two
  add(10, 20, {1}, Part::kValidation);
  add(10, -20, {0}, Part::kValidation);
  add(30, -20, {1}, Part::kValidation);
  add(500, 20, {}, Part::kTest);  // these two have no say
  add(500, 20, {0, 1}, Part::kTrain);
  for (Task& task : tasks_) task = {task.name, {"x", "y"}, &multi_label(), {5, {}, {0.3, 0.3}}};
  const std::vector<Task> tasks = calibrate({false, true});
  EXPECT_NEAR(tasks[0].decision.temperature, 2 / std::log(3.0), 1e-6);
  ASSERT_EQ(tasks[0].decision.thresholds.size(), 2U);
  EXPECT_NEAR(tasks[0].decision.thresholds[0], 0.5, 1e-6);  // between one and three of four
  EXPECT_EQ(tasks[1].decision, tasks_[1].decision);         // frozen
  const Decision plain = decide({false, true}, {Calibrate::kNone, Decide::kBalanced})[0].decision;
  EXPECT_EQ(plain.temperature, 1);
  EXPECT_TRUE(plain.shift.empty());
  EXPECT_FALSE(plain.thresholds.empty());
}

TEST(Decides, ByTheKindAndTheOptions) {
  constexpr DecideOptions kNothing = {Calibrate::kNone, Decide::kAccuracy};
  const Task label = {"a", {"x", "y"}}, tags = {"b", {"x", "y"}, &multi_label()},
             number = {"c", {}, &regression()};
  EXPECT_TRUE(decides(label, {}));
  EXPECT_FALSE(decides(label, kNothing));
  EXPECT_TRUE(decides(label, {Calibrate::kNone, Decide::kBalanced}));
  EXPECT_TRUE(decides(tags, kNothing));
  EXPECT_FALSE(decides(number, {}));
}

}  // namespace
}  // namespace mtnlp
