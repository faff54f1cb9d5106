#include "network/torch.h"
#include "tasks/regression.h"
#include "train/task_loss.h"

namespace mtnlp {
namespace {

class RegressionLoss final : public TaskLoss {
 public:
  RegressionLoss(Scale scale, NumberLoss law) : scale_(scale), law_(law) {}

  torch::Tensor sum(const torch::Tensor& outputs, std::span<const Target> targets) const override {
    std::vector<double> wanted, counts;
    for (const Target& target : targets) {
      wanted.push_back(target.is_none() ? 0 : (target.value() - scale_.mean) / scale_.deviation);
      counts.push_back(target.is_none() ? 0 : 1);
    }
    const auto like_outputs = outputs.options().requires_grad(false);
    return (losses(outputs.squeeze(1), torch::tensor(wanted, like_outputs)) *
            torch::tensor(counts, like_outputs))
        .sum();
  }

  torch::Tensor soft_sum(const torch::Tensor& outputs, const torch::Tensor& lessons,
                         double /*temperature*/) const override {
    const torch::Tensor wanted = (lessons - scale_.mean) / scale_.deviation;
    return losses(outputs, wanted.to(outputs.scalar_type())).sum();
  }

  double weight(Target /*target*/) const override { return 1; }

 private:
  /// Returns the loss of each guess.
  torch::Tensor losses(const torch::Tensor& guesses, const torch::Tensor& numbers) const {
    return law_ == NumberLoss::kHuber ? at::huber_loss(guesses, numbers, at::Reduction::None)
                                      : at::mse_loss(guesses, numbers, at::Reduction::None);
  }

  Scale scale_;
  NumberLoss law_;
};

}  // namespace

std::unique_ptr<const TaskLoss> make_regression_loss(const Task& task, const TaskLossOptions& options) {
  return std::make_unique<RegressionLoss>(scale_of(task), options.laws.number);
}

}  // namespace mtnlp
