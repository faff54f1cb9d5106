// What training keeps to go on from: the optimiser's moments, and the losses of an open epoch.
#include <limits>

#include "network/fixtures.h"
#include "train/loss.h"
#include "train/optimizer.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

/// A model with gradients that depend on `step` alone; the second head is absent from odd steps.
struct SteppedModel {
  SteppedModel()
      : model(testing::tiny_model("tiny-distilbert", {{"topic", {"a", "b", "c"}}, {"mood", {"x", "y"}}})) {
    model.network->encoder->word_embeddings.requires_grad_(false);
    optimizer.emplace(*model.network, OptimizerOptions{});
  }
  std::vector<torch::Tensor> tensors() const {
    std::vector<torch::Tensor> list;
    for (const Parameter& parameter : model.network->tensors()) list.push_back(parameter.tensor);
    return list;
  }
  void steps(uint64_t first, uint64_t last) {
    for (uint64_t step = first; step < last; ++step) {
      const auto list = tensors();
      const size_t present = list.size() - (step % 2 == 1 ? 2 : 0);
      for (size_t i = 0; i < present; ++i)
        if (list[i].requires_grad())
          list[i].mutable_grad() = testing::normal(list[i].sizes(), step * 1000 + i).to(torch::kFloat32);
      optimizer->step(1);
    }
  }
  Model model;
  std::optional<AdamW> optimizer;
};

TEST(AdamWState, StepsAfterLoadingAreTheSame) {
  const TempFolder folder;
  SteppedModel whole, first, second;
  whole.steps(0, 7);
  first.steps(0, 4);
  save_tensors(folder.path() / "state", first.optimizer->state());
  second.optimizer->load_state(SafetensorsFile(folder.path() / "state"));
  {
    const torch::NoGradGuard no_grad;
    for (size_t i = 0; i < first.tensors().size(); ++i) second.tensors()[i].copy_(first.tensors()[i]);
  }
  second.steps(4, 7);
  for (size_t i = 0; i < whole.tensors().size(); ++i)
    EXPECT_TRUE(torch::equal(second.tensors()[i], whole.tensors()[i])) << i;
  const SafetensorsFile file(folder.path() / "state");
  EXPECT_TRUE(file.tensors().contains("head.mood.weight.moment2"));
  EXPECT_EQ(testing::raw_tensor(file, "head.mood.weight.steps").item<float>(), 2);
  EXPECT_EQ(testing::raw_tensor(file, "head.topic.bias.steps").item<float>(), 4);
  EXPECT_FALSE(file.tensors().contains("encoder.word_embeddings.moment1"));  // frozen
}

TEST(AdamWState, AnotherFileIsRefused) {
  const TempFolder folder;
  SteppedModel training;
  auto state = training.optimizer->state();
  state.pop_back();
  save_tensors(folder.path() / "state", state);
  expect_error([&] { training.optimizer->load_state(SafetensorsFile(folder.path() / "state")); },
               {"state: tensor \"head.mood.bias.steps\" is missing"});
}

TEST(LossMeter, GoesOnFromItsSums) {
  LossMeter whole(2), rest(2);
  whole.add(0, torch::tensor(0.1f), 3);
  rest.restore(whole.sums());
  EXPECT_TRUE(std::isnan(rest.mean(1)));
  for (LossMeter* meter : {&whole, &rest}) {
    meter->add(0, torch::tensor(0.7f), 2);
    meter->add(1, torch::tensor(0.3f), 1);
  }
  for (size_t task = 0; task < 2; ++task) EXPECT_EQ(rest.mean(task), whole.mean(task));
}

}  // namespace
}  // namespace mtnlp
