#include "eval/evaluator.h"

#include <algorithm>
#include <cmath>

#include "base/signals.h"
#include "tasks/label_metrics.h"
#include "tasks/single_label.h"
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
  Heads heads() const { return Heads(head_weights(*model_.network)); }
  AllMetrics evaluate_rows(const std::vector<uint32_t>& rows, int threads = 1) const {
    return evaluate(*make_engine(model_, threads), heads(), model_.settings.tasks, golden_.rows, rows);
  }
};

std::string dump(const AllMetrics& metrics) {
  return metrics[0]->to_json().dump() + metrics[1]->to_json().dump();
}

TEST_F(EvaluatorTest, BatchesGiveWhatTheNetworkGivesForOneRowAtATime) {
  const AllMetrics all = evaluate_rows(every_row());
  std::vector<LabelMetrics> single = {LabelMetrics(model_.settings.tasks[0].labels),
                                      LabelMetrics(model_.settings.tasks[1].labels)};
  Network network = model_.network;
  for (const uint32_t row : every_row()) {
    const torch::NoGradGuard no_grad;
    const std::vector<uint32_t> alone = {row};
    const torch::Tensor embedding = network->embed(make_batch(golden_.rows.sequences(alone)));
    for (size_t task = 0; task < 2; ++task) {
      const Target target = golden_.rows.target(row, task);
      if (target.is_none()) continue;
      const auto label = static_cast<int64_t>(class_of(target));
      const torch::Tensor log_p = torch::log_softmax(network->heads[task]->forward(embedding), 1)[0];
      single[task].add(static_cast<size_t>(label), static_cast<size_t>(log_p.argmax().item<int64_t>()),
                       -log_p[label].item<double>());
    }
  }
  for (size_t task = 0; task < 2; ++task) {
    EXPECT_EQ(all[task]->rows(), single[task].rows());
    EXPECT_EQ(all[task]->rows(), task == 0 ? 72U : 64U);  // rows without a label of the task do not count
    EXPECT_NEAR(all[task]->loss(), single[task].loss(), 1e-6);
    EXPECT_EQ(all[task]->to_json()["confusion"], single[task].to_json()["confusion"]);
    EXPECT_GT(all[task]->to_json()["accuracy"].get<double>(), 0);
  }
}

TEST_F(EvaluatorTest, FiguresDoNotDependOnTheNumberOfThreads) {
  const std::string one = dump(evaluate_rows(every_row(), 1));
  for (const int threads : {2, 3, 5}) EXPECT_EQ(dump(evaluate_rows(every_row(), threads)), one);
}

TEST_F(EvaluatorTest, KeptEmbeddingsGiveTheSameFiguresAndFollowTheHeads) {
  const auto batches = embed_rows(*make_engine(model_, 1), golden_.rows, every_row());
  const auto of_batches = [&] {
    return dump(evaluate(heads(), model_.settings.tasks, golden_.rows, batches));
  };
  const std::string before = dump(evaluate_rows(every_row()));
  EXPECT_EQ(of_batches(), before);
  const torch::NoGradGuard no_grad;
  Network(model_.network)->heads[1]->weight.mul_(2);
  EXPECT_NE(of_batches(), before);
  EXPECT_EQ(of_batches(), dump(evaluate_rows(every_row())));
}

TEST_F(EvaluatorTest, RowsAreAddedInTheOrderOfTheirIdsWhateverTheBatches) {
  auto batches = embed_rows(*make_engine(model_, 1), golden_.rows, every_row());
  std::ranges::reverse(batches);
  EXPECT_EQ(dump(evaluate(heads(), model_.settings.tasks, golden_.rows, batches)),
            dump(evaluate_rows(every_row())));
  std::vector<uint32_t> seen;
  evaluate(*make_engine(model_, 1), heads(), model_.settings.tasks, golden_.rows, every_row(), nullptr,
           [&](size_t task, uint32_t row, std::span<const float>) {
             if (task == 0) seen.push_back(row);
           });
  EXPECT_EQ(seen.size(), 72U);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST_F(EvaluatorTest, DropoutOfTheNetworkTakesNoPart) {
  const std::string still = dump(evaluate_rows(every_row()));
  Network(model_.network)->encoder->set_dropout(0.5);
  EXPECT_EQ(dump(evaluate_rows(every_row())), still);
}

TEST_F(EvaluatorTest, NoRowsAreNoFigures) {
  const AllMetrics metrics = evaluate_rows({});
  ASSERT_EQ(metrics.size(), 2U);
  EXPECT_EQ(metrics[0]->rows(), 0U);
  EXPECT_TRUE(std::isnan(metrics[1]->loss()));
}

TEST(Evaluator, RowsOfPart) {
  const std::vector<Part> parts = {Part::kTest, Part::kTrain, Part::kTest, Part::kValidation};
  EXPECT_THAT(rows_of_part(parts, Part::kTest), ElementsAre(0, 2));
  EXPECT_THAT(rows_of_part(parts, Part::kValidation), ElementsAre(3));
  EXPECT_TRUE(rows_of_part({}, Part::kTrain).empty());
}

}  // namespace
}  // namespace mtnlp
