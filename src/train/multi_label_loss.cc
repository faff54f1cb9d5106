#include <optional>

#include "network/torch.h"
#include "train/task_loss.h"

namespace mtnlp {
namespace {

class MultiLabelLoss final : public TaskLoss {
 public:
  /// `positive_weights` [labels], empty for all ones.
  MultiLabelLoss(size_t labels, std::vector<double> positive_weights)
      : labels_(labels), positive_weights_(std::move(positive_weights)) {}

  torch::Tensor sum(const torch::Tensor& outputs, std::span<const Target> targets) const override {
    std::vector<float> gold(targets.size() * labels_), counts(targets.size(), 1);
    for (size_t row = 0; row < targets.size(); ++row) {
      if (targets[row].is_none()) counts[row] = 0;
      for (const uint32_t label : targets[row].set()) gold[row * labels_ + label] = 1;
    }
    const auto like_outputs = outputs.options().requires_grad(false);
    const auto rows = static_cast<int64_t>(targets.size());
    std::optional<torch::Tensor> weights;
    if (!positive_weights_.empty()) weights = torch::tensor(positive_weights_, like_outputs);
    const torch::Tensor each =
        at::binary_cross_entropy_with_logits(outputs, torch::tensor(gold, like_outputs).view({rows, -1}),
                                             std::nullopt, weights, at::Reduction::None);
    return (each.mean(1) * torch::tensor(counts, like_outputs)).sum();
  }

  torch::Tensor soft_sum(const torch::Tensor& outputs, const torch::Tensor& lessons,
                         double temperature) const override {
    const torch::Tensor taught =
        torch::sigmoid(torch::logit(lessons.to(outputs.scalar_type())) / temperature);
    const torch::Tensor each = at::binary_cross_entropy_with_logits(
        outputs / temperature, taught, std::nullopt, std::nullopt, at::Reduction::None);
    return each.mean(1).sum() * (temperature * temperature);
  }

  double weight(Target /*target*/) const override { return 1; }

 private:
  size_t labels_;
  std::vector<double> positive_weights_;
};

/// Returns how many training rows lack each label for one that has it; 1 where none has it.
std::vector<double> negatives_per_positive(size_t labels, std::span<const Target> training) {
  std::vector<double> positives(labels), ratios;
  double rows = 0;
  for (const Target& target : training) {
    if (target.is_none()) continue;
    ++rows;
    for (const uint32_t label : target.set()) ++positives[label];
  }
  for (const double count : positives) ratios.push_back(count == 0 ? 1 : (rows - count) / count);
  return ratios;
}

}  // namespace

std::unique_ptr<const TaskLoss> make_multi_label_loss(const Task& task, const TaskLossOptions& options,
                                                      std::span<const Target> training) {
  const size_t labels = task.labels.size();
  const bool balanced = options.laws.positive_weights == PositiveWeights::kBalanced;
  return std::make_unique<MultiLabelLoss>(
      labels, balanced ? negatives_per_positive(labels, training) : std::vector<double>());
}

}  // namespace mtnlp
