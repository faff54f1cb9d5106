#include "train/freeze.h"

#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TrainingGolden;

/// "E" the embeddings, digits the layers, then a letter per head: what still trains.
std::string training(const Model& model) {
  std::map<std::string, std::set<bool>> stages;  // name → whether its tensors train
  std::vector<std::string> order;
  for (const Parameter& parameter : model.network->tensors()) {
    const Stage& stage = parameter.stage;
    const std::string name = stage.kind == Stage::Kind::kEmbeddings ? "E"
                             : stage.kind == Stage::Kind::kLayer
                                 ? std::to_string(stage.index)
                                 : model.settings.tasks[stage.index].name.substr(0, 1);
    if (stages[name].empty()) order.push_back(name);
    stages[name].insert(parameter.tensor.requires_grad());
  }
  std::string text;
  for (const std::string& name : order) {
    EXPECT_EQ(stages[name].size(), 1U) << name;
    if (stages[name].contains(true)) text += name;
  }
  return text;
}

TEST(ApplyFreeze, MarksWhatTheFormNames) {
  const TrainingGolden golden("tiny-distilbert");  // 3 layers, heads topic and mood
  const auto expect = [&](const char* form, int64_t stages, const char* trains) {
    SCOPED_TRACE(form);
    Model model = golden.model();
    EXPECT_EQ(apply_freeze(parse_freeze(form), model), stages);
    EXPECT_EQ(training(model), trains);
  };
  expect("none", 0, "E012tm");
  expect("embeddings", 1, "012tm");
  expect("layers:1", 2, "12tm");
  expect("layers:3", 4, "tm");
  expect("backbone", 4, "tm");
  expect("backbone,layers:1", 4, "tm");
  expect("head:topic", 0, "E012m");
  expect("layers:2,head:mood", 3, "2t");
  expect("all", 4, "");
}

TEST(ApplyFreeze, ASecondCallStartsAfresh) {
  Model model = TrainingGolden("tiny-distilbert").model();
  apply_freeze(parse_freeze("all"), model);
  EXPECT_EQ(apply_freeze(parse_freeze("head:mood"), model), 0);
  EXPECT_EQ(training(model), "E012t");
}

TEST(ApplyFreeze, WhatTheModelLacksIsRefused) {
  Model model = TrainingGolden("tiny-distilbert").model();
  expect_error([&] { apply_freeze(parse_freeze("layers:4"), model); }, {"freeze layers:4", "3 layers"});
  expect_error([&] { apply_freeze(parse_freeze("head:topik"), model); }, {"head:topik", "topic", "mood"});
  EXPECT_EQ(training(model), "E012tm");
}

}  // namespace
}  // namespace mtnlp
