#include "eval/evaluator.h"

#include <cmath>

#include "base/signals.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::Threads;
using testing::TrainingGolden;

class EvaluatorTest : public ::testing::Test {
 protected:
  const Threads one_{1};
  const TrainingGolden golden_{"tiny-bert"};
  const Model model_ = golden_.model();

  std::vector<uint32_t> every_row() const {
    std::vector<uint32_t> rows(golden_.rows.size());
    for (uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
    return rows;
  }
  std::vector<TaskMetrics> evaluate_rows(const std::vector<uint32_t>& rows) const {
    return evaluate(model_, golden_.rows, rows, torch::kCPU);
  }
};

TEST_F(EvaluatorTest, BatchesGiveWhatOneRowAtATimeGives) {
  const std::vector<TaskMetrics> all = evaluate_rows(every_row());
  std::vector<double> loss(2);
  std::vector<TaskMetrics> single = {TaskMetrics(model_.tasks[0].labels),
                                     TaskMetrics(model_.tasks[1].labels)};
  for (const uint32_t row : every_row()) {
    const torch::NoGradGuard no_grad;
    const std::vector<uint32_t> alone = {row};
    const torch::Tensor embedding = model_.embed(pack(golden_.rows.sequences(alone)));
    for (size_t task = 0; task < 2; ++task) {
      const int32_t label = golden_.rows.label(row, task);
      if (label == kNoLabel) continue;
      const torch::Tensor log_p = torch::log_softmax(model_.heads[task].forward(embedding), 1)[0];
      single[task].add(static_cast<size_t>(label), static_cast<size_t>(log_p.argmax().item<int64_t>()),
                       -log_p[label].item<double>());
    }
  }
  for (size_t task = 0; task < 2; ++task) {
    EXPECT_EQ(all[task].rows(), single[task].rows());
    EXPECT_EQ(all[task].rows(), task == 0 ? 72U : 64U);  // rows without a label of the task do not count
    EXPECT_NEAR(all[task].loss(), single[task].loss(), 1e-6);
    EXPECT_EQ(all[task].to_json()["confusion"], single[task].to_json()["confusion"]);
    EXPECT_GT(all[task].accuracy(), 0);
  }
}

TEST_F(EvaluatorTest, SameRowsSameFiguresBitForBit) {
  const std::vector<TaskMetrics> first = evaluate_rows(every_row()), second = evaluate_rows(every_row());
  for (size_t task = 0; task < 2; ++task)
    EXPECT_EQ(first[task].to_json().dump(), second[task].to_json().dump());
}

TEST_F(EvaluatorTest, KeptEmbeddingsGiveTheSameFiguresAndFollowTheHeads) {
  const Model model = golden_.model();
  const auto batches = embed_rows(model, golden_.rows, every_row(), torch::kCPU);
  const auto dump = [](const std::vector<TaskMetrics>& metrics) {
    return metrics[0].to_json().dump() + metrics[1].to_json().dump();
  };
  const std::string before = dump(evaluate_rows(every_row()));
  EXPECT_EQ(dump(evaluate(model, golden_.rows, batches)), before);
  const torch::NoGradGuard no_grad;
  torch::Tensor(model.heads[1].weight).mul_(2);
  const std::string after = dump(evaluate(model, golden_.rows, batches));
  EXPECT_NE(after, before);
  EXPECT_EQ(after, dump(evaluate(model, golden_.rows, every_row(), torch::kCPU)));
}

TEST_F(EvaluatorTest, NoDropoutAndNoGradient) {
  const std::vector<TaskMetrics> still = evaluate_rows(every_row());
  Encoder(model_.encoder)->set_dropout(0.5);
  const std::vector<TaskMetrics> found = evaluate_rows(every_row());
  for (size_t task = 0; task < 2; ++task)
    EXPECT_EQ(found[task].to_json().dump(), still[task].to_json().dump());
}

TEST_F(EvaluatorTest, NoRowsAreNoFigures) {
  const std::vector<TaskMetrics> metrics = evaluate_rows({});
  ASSERT_EQ(metrics.size(), 2U);
  EXPECT_EQ(metrics[0].rows(), 0U);
  EXPECT_TRUE(std::isnan(metrics[1].loss()));
}

TEST(Evaluator, RowsOfPart) {
  const std::vector<Part> parts = {Part::kTest, Part::kTrain, Part::kTest, Part::kValidation};
  EXPECT_THAT(rows_of_part(parts, Part::kTest), ElementsAre(0, 2));
  EXPECT_THAT(rows_of_part(parts, Part::kValidation), ElementsAre(3));
  EXPECT_TRUE(rows_of_part({}, Part::kTrain).empty());
}

TEST(Evaluator, MeanMacroF1IsOverTasksWithRows) {
  TaskMetrics right({"a", "b"}), wrong({"a", "b"});
  const TaskMetrics empty({"a", "b"});
  right.add(0, 0, 0);
  right.add(1, 1, 0);
  wrong.add(0, 1, 0);
  EXPECT_DOUBLE_EQ(mean_macro_f1({right, empty, wrong}), 0.5);
  EXPECT_DOUBLE_EQ(mean_macro_f1({right, empty}), 1);
  EXPECT_TRUE(std::isnan(mean_macro_f1({empty})));
  EXPECT_TRUE(std::isnan(mean_macro_f1({})));
}

}  // namespace
}  // namespace mtnlp
