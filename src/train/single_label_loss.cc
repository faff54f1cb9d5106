#include "train/single_label_loss.h"

#include <optional>

#include "network/torch.h"
#include "tasks/single_label.h"
#include "train/task_loss.h"

namespace mtnlp {
namespace {

constexpr int64_t kIgnored = -1;  ///< the class of a row without a label, for cross_entropy_loss

class SingleLabelLoss final : public TaskLoss {
 public:
  /// `class_weights` [classes], empty for all ones.
  SingleLabelLoss(std::vector<double> class_weights, double smoothing)
      : class_weights_(std::move(class_weights)), smoothing_(smoothing) {}

  torch::Tensor sum(const torch::Tensor& outputs, std::span<const Target> targets) const override {
    std::vector<int64_t> labels;
    for (const Target target : targets)
      labels.push_back(target.is_none() ? kIgnored : static_cast<int64_t>(class_of(target)));
    std::optional<torch::Tensor> weights;
    if (!class_weights_.empty())
      weights = torch::tensor(class_weights_, outputs.options().requires_grad(false));
    return at::cross_entropy_loss(outputs, torch::tensor(labels, torch::kInt64).to(outputs.device()), weights,
                                  at::Reduction::Sum, kIgnored, smoothing_);
  }

  double weight(Target target) const override {
    return class_weights_.empty() ? 1 : class_weights_[class_of(target)];
  }

 private:
  std::vector<double> class_weights_;
  double smoothing_;
};

}  // namespace

std::vector<double> balanced_class_weights(std::span<const Target> targets, size_t classes) {
  std::vector<double> weights(classes);
  double rows = 0;
  for (const Target target : targets)
    if (!target.is_none()) {
      ++weights[class_of(target)];
      ++rows;
    }
  for (double& weight : weights) weight = weight > 0 ? rows / (static_cast<double>(classes) * weight) : 0;
  return weights;
}

std::unique_ptr<const TaskLoss> make_single_label_loss(const Task& task, const LossOptions& options,
                                                       std::span<const Target> training) {
  std::vector<double> weights;
  if (options.balanced_classes) weights = balanced_class_weights(training, task.labels.size());
  return std::make_unique<SingleLabelLoss>(std::move(weights), options.label_smoothing);
}

}  // namespace mtnlp
