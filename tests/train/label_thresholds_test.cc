#include "train/label_thresholds.h"

#include <cmath>

#include "infer/predictor.h"
#include "tasks/multi_label.h"
#include "testing.h"

namespace mtnlp {
namespace {

/// Embeds a text of the one token n as the number n.
class NumberEmbedder : public Embedder {
 public:
  size_t dim() const override { return 1; }
  int threads() const override { return 1; }
  void embed(std::span<const TokenIds> texts, float* out) const override {
    for (const TokenIds text : texts) *out++ = static_cast<float>(text[0]);
  }
};

class LabelThresholds : public ::testing::Test {
 protected:
  LabelThresholds() {
    encoded_.tasks = 1;
    encoded_.offsets = {0};
    add(1, {0}, Part::kTrain);
    for (const int32_t token : {-3, -2, -1}) add(token, {}, Part::kValidation);
    for (const int32_t token : {1, 2, 3}) add(token, {0}, Part::kValidation);
    tasks_ = {{"tags", {"a", "b"}, &multi_label()}};
  }
  void add(int32_t token, const LabelSet& set, Part part) {
    encoded_.ids.push_back(token);
    encoded_.offsets.push_back(encoded_.ids.size());
    encoded_.targets.emplace_back(std::make_shared<const LabelSet>(set));
    parts_.push_back(part);
  }
  /// Logits {x - 4, x}: at 0.5 no row is given "a".
  Decision choose(const std::vector<bool>& frozen = {false}) {
    ModelSettings settings;
    settings.tasks = tasks_;
    const Predictor model(settings, std::make_unique<NumberEmbedder>(), {{{1, 1}, {-4, 0}}});
    std::vector<Task> tasks = tasks_;
    choose_thresholds(model.heads(), encoded_,
                      embed_rows(model.embedder(), encoded_, rows_of_part(parts_, Part::kValidation)), frozen,
                      {}, tasks);
    return tasks[0].decision;
  }

  EncodedRows encoded_;
  std::vector<Part> parts_;
  std::vector<Task> tasks_;
};

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}

TEST_F(LabelThresholds, AreChosenOnTheValidationPart) {
  const std::vector<double> found = choose().thresholds;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NEAR(found[0], (sigmoid(-3) + sigmoid(-5)) / 2, 1e-9);
  EXPECT_EQ(found[1], 0.5);  // no validation row has it
}

TEST_F(LabelThresholds, AFrozenHeadKeepsItsOwn) {
  tasks_[0].decision.thresholds = {0.3, 0.4};
  EXPECT_EQ(choose({true}).thresholds, tasks_[0].decision.thresholds);
  EXPECT_TRUE(needs_thresholds(tasks_, {false}));
  EXPECT_FALSE(needs_thresholds(tasks_, {true}));
  EXPECT_FALSE(needs_thresholds({{"mood", {"a", "b"}}}, {false}));
}

TEST_F(LabelThresholds, TheTemperatureStaysAndCounts) {
  tasks_[0].decision.temperature = 2;
  const Decision found = choose();
  EXPECT_EQ(found.temperature, 2);
  EXPECT_NEAR(found.thresholds[0], (sigmoid(-1.5) + sigmoid(-2.5)) / 2, 1e-9);
}

}  // namespace
}  // namespace mtnlp
