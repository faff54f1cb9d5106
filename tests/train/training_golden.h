// The goldens of tests/golden/make_training_goldens.py, and what tests of the training floor share.
#pragma once

#include "network/fixtures.h"
#include "train/step.h"

namespace mtnlp::testing {

/// The classes of `labels`, where -1 is none.
inline std::vector<Target> targets_of_classes(const torch::Tensor& labels) {
  std::vector<Target> targets;
  for (const int64_t label : std::span(labels.data_ptr<int64_t>(), static_cast<size_t>(labels.numel())))
    targets.push_back(label < 0 ? kNoTarget : Target(static_cast<double>(label)));
  return targets;
}

/// The rows, the steps and the start of a golden file.
struct TrainingGolden {
  explicit TrainingGolden(const std::string& encoder)
      : name(encoder), file(test_path("golden/training/" + encoder + ".safetensors")) {
    const torch::Tensor ids = raw_tensor(file, "ids"), lengths = raw_tensor(file, "lengths"),
                        labels = raw_tensor(file, "labels");
    rows.ids.assign(ids.data_ptr<int64_t>(), ids.data_ptr<int64_t>() + ids.numel());
    rows.targets = targets_of_classes(labels);
    rows.offsets = {0};
    for (int64_t i = 0; i < lengths.numel(); ++i)
      rows.offsets.push_back(rows.offsets.back() + static_cast<size_t>(lengths[i].item<int64_t>()));
    rows.tasks = 2;
  }

  Model model() const {
    Model model = tiny_model(name, {{"topic", {"a", "b", "c"}}, {"mood", {"a", "b"}}});
    model.network->encoder->set_dropout(0);
    const torch::NoGradGuard no_grad;
    for (const Parameter& parameter : model.network->tensors())
      if (parameter.stage.kind == Stage::Kind::kHead)
        parameter.tensor.copy_(raw_tensor(file, parameter.name));
    return model;
  }

  /// Step `index` in `micro_batches` parts.
  Step step(uint64_t index, size_t micro_batches) const {
    const torch::Tensor batch = raw_tensor(file, "batches")[static_cast<int64_t>(index)];
    Step step{0, std::vector<std::vector<uint32_t>>(micro_batches), {0, 0}};
    for (int64_t i = 0; i < batch.numel(); ++i) {
      const auto row = batch[i].item<int64_t>();
      step.micro_batches[static_cast<size_t>(i) % micro_batches].push_back(static_cast<uint32_t>(row));
      for (size_t task = 0; task < 2; ++task)
        step.denominators[task] += !rows.target(static_cast<size_t>(row), task).is_none();
    }
    return step;
  }

  /// The losses of the tasks, whose rows all train.
  Losses losses(const LossOptions& options = {}) const {
    return {model().settings.tasks, options, rows, std::vector<Part>(rows.size(), Part::kTrain)};
  }

  std::string name;
  SafetensorsFile file;
  EncodedRows rows;
};

inline void to_double(Model& model) {
  model.network->to(torch::kFloat64);
}

/// Every parameter that requires a gradient, in a fixed order.
inline std::vector<torch::Tensor> trained_parameters(const Model& model) {
  std::vector<torch::Tensor> all;
  for (const Parameter& parameter : model.network->tensors())
    if (parameter.tensor.requires_grad()) all.push_back(parameter.tensor);
  return all;
}

/// Takes the gradients of all of them away, as one vector; an absent gradient is zero.
inline torch::Tensor take_gradient(const Model& model) {
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& parameter : trained_parameters(model)) {
    const torch::Tensor gradient = parameter.grad();
    all.push_back((gradient.defined() ? gradient : torch::zeros_like(parameter)).flatten());
    parameter.mutable_grad() = torch::Tensor();
  }
  return torch::cat(all).detach();
}

/// |a - b| / |b|
inline double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

}  // namespace mtnlp::testing
