#include "tasks/class_weights.h"

#include <cmath>

#include "tasks/multi_label.h"
#include "tasks/single_label.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;

const Task kTask = {"mood", {"a", "b", "c"}};
const std::vector<Target> kTraining = {0, kNoTarget, 2, 0, 0, 0};  // 4 : 0 : 1

std::vector<double> weights(ClassWeights law, std::map<size_t, double> of_class = {}) {
  return class_weights(kTask, {law, std::move(of_class)}, kTraining);
}

TEST(ClassWeights, AreThoseOfTheirLaw) {
  EXPECT_THAT(weights(ClassWeights::kNone), IsEmpty());
  EXPECT_EQ(weights(ClassWeights::kBalanced), (std::vector<double>{5.0 / 12, 0, 5.0 / 3}));
  const std::vector<double> root = weights(ClassWeights::kSqrt);
  EXPECT_DOUBLE_EQ(root[2] / root[0], 2);  // of balanced ones that are 4 to 1
  EXPECT_DOUBLE_EQ(4 * root[0] + root[2], 5);
  EXPECT_EQ(root[1], 0);
}

TEST(ClassWeights, OfOneClassTakesThePlaceOfTheLaw) {
  EXPECT_THAT(weights(ClassWeights::kNone, {{2, 3.5}}), ElementsAre(1, 1, 3.5));
  EXPECT_EQ(weights(ClassWeights::kBalanced, {{0, 0}}), (std::vector<double>{0, 0, 5.0 / 3}));
  expect_error(
      [] {
        weights(ClassWeights::kNone, {{0, 0}, {2, 0}});
      },
      {"class_weights: every label of the task \"mood\" that has training rows has the weight 0"});
}

TEST(ClassWeights, NamesOfTasksAndLabelsMayHoldColonsAndEqualsSigns) {
  const std::vector<Task> tasks = {{"a", {"x", "b:y"}}, {"a:b", {"y=1", "z"}}};
  const auto all = weighting_of(tasks, {ClassWeights::kSqrt,
                                        {{"a:b", ClassWeights::kBalanced}},
                                        {{"a:b:y", 2}, {"a:b:z", 3}, {"a:b:y=1", 4}}});
  EXPECT_EQ(all[0].law, ClassWeights::kSqrt);
  EXPECT_EQ(all[1].law, ClassWeights::kBalanced);
  EXPECT_EQ(all[0].of_class, (std::map<size_t, double>{{1, 2}}));
  EXPECT_EQ(all[1].of_class, (std::map<size_t, double>{{0, 4}, {1, 3}}));
}

TEST(ClassWeights, AWrongNameIsRefusedWithTheNearest) {
  const std::vector<Task> tasks = {{"mood", {"good", "bad"}}, {"topic", {"News", "Sports"}}};
  const auto refused = [&](const ClassWeightOptions& options, std::initializer_list<std::string> parts) {
    expect_error([&] { weighting_of(tasks, options); }, parts);
  };
  refused({.of_task = {{"topc", ClassWeights::kSqrt}}},
          {"class_weights", "\"topc\"", "did you mean \"topic\"?"});
  refused({.of_label = {{"moood:good", 2}}}, {"class_weights", "\"moood\"", "did you mean \"mood\"?"});
  refused({.of_label = {{"topic:Sport", 2}}},
          {"class_weights: the task \"topic\" has no label \"Sport\"", "did you mean \"Sports\"?"});
}

TEST(ClassWeights, AreForOneLabelOfSeveralAlone) {
  const std::vector<Task> tasks = {{"tags", {"a", "b"}, &multi_label()}};
  for (const ClassWeightOptions& options :
       {ClassWeightOptions{.of_task = {{"tags", ClassWeights::kBalanced}}},
        ClassWeightOptions{.of_label = {{"tags:a", 2}}}})
    testing::expect_error(
        [&] { weighting_of(tasks, options); },
        {"class_weights: the task \"tags\" is of the kind multilabel", "single-label", "positive_weights"});
  EXPECT_EQ(weighting_of(tasks, {.usual = ClassWeights::kBalanced}).size(), 1U);
}

}  // namespace
}  // namespace mtnlp
