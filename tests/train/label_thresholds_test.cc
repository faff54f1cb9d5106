#include "train/label_thresholds.h"

#include <memory>

#include "tasks/multi_label.h"
#include "testing.h"

namespace mtnlp {
namespace {

/// Rows with logits {x - 4, x}, of which those above 0 have the label "a": at 0.5 no row is given it.
LabelledLogits six_rows() {
  LabelledLogits rows{2, RightLabels::kAny};
  for (const int x : {-3, -2, -1, 1, 2, 3}) {
    const LabelSet gold = x > 0 ? LabelSet{0} : LabelSet{};
    rows.add(std::vector{static_cast<float>(x) - 4, static_cast<float>(x)},
             Target(std::make_shared<const LabelSet>(gold)));
  }
  return rows;
}

Task tags() {
  return {"tags", {"a", "b"}, &multi_label()};
}

TEST(LabelThresholds, AreChosenOnTheRows) {
  Task task = tags();
  choose_thresholds(six_rows(), {}, task);
  const std::vector<double>& found = task.decision.thresholds;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(found[0], (sigmoid(-3) + sigmoid(-5)) / 2, 1e-9);
  EXPECT_EQ(found[1], 0.5);  // no row has it
}

TEST(LabelThresholds, TheTemperatureStaysAndChangesNoAnswer) {
  Task plain = tags(), task = tags();
  task.decision = {2, {}, {0.3, 0.4}};
  choose_thresholds(six_rows(), {}, plain);
  choose_thresholds(six_rows(), {}, task);
  EXPECT_EQ(task.decision.temperature, 2);
  for (int x = -80; x <= 80; ++x) {
    const std::vector logits = {static_cast<float>(x) / 10, static_cast<float>(-x) / 10};
    EXPECT_EQ(given_labels(label_probabilities(logits, task.decision), task.decision),
              given_labels(label_probabilities(logits, plain.decision), plain.decision))
        << x;
  }
  EXPECT_EQ(task.decision.thresholds[1], 0.5);
}

}  // namespace
}  // namespace mtnlp
