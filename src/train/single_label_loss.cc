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
    for (const Target& target : targets)
      labels.push_back(target.is_none() ? kIgnored : static_cast<int64_t>(class_of(target)));
    std::optional<torch::Tensor> weights;
    if (!class_weights_.empty())
      weights = torch::tensor(class_weights_, outputs.options().requires_grad(false));
    return at::cross_entropy_loss(outputs, torch::tensor(labels, torch::kInt64).to(outputs.device()), weights,
                                  at::Reduction::Sum, kIgnored, smoothing_);
  }

  torch::Tensor soft_sum(const torch::Tensor& outputs, const torch::Tensor& lessons,
                         double temperature) const override {
    const torch::Tensor taught = torch::softmax(lessons.to(outputs.scalar_type()).log() / temperature, 1);
    return -(taught * torch::log_softmax(outputs / temperature, 1)).sum() * (temperature * temperature);
  }

  double weight(Target target) const override {
    return class_weights_.empty() ? 1 : class_weights_[class_of(target)];
  }

 private:
  std::vector<double> class_weights_;
  double smoothing_;
};

}  // namespace

std::unique_ptr<const TaskLoss> make_single_label_loss(const Task& task, const TaskLossOptions& options,
                                                       std::span<const Target> training) {
  return std::make_unique<SingleLabelLoss>(class_weights(task, options.classes, training),
                                           options.label_smoothing);
}

}  // namespace mtnlp
