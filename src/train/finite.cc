#include "train/finite.h"

#include <cmath>

#include "base/error.h"
#include "base/field.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

std::string what_to_try() {
  return str("; try a lower ", field("lr"), " and ", field("head_lr"), ", ", field("clip"), " 1, a longer ",
             field("warmup"), ", or ", field("precision"), " fp32");
}

std::string in_text(const std::string& name) {
  return shortened(printable(name), 60);
}

}  // namespace

void FiniteWatch::take_step(const StepText& step, const torch::Tensor& norm, const std::vector<Task>& tasks,
                            const LossMeter& losses) {
  step_ = step;
  if (norm.defined()) norms_ = norms_.defined() ? norms_ + norm.detach() : norm.detach();
  if (step.number % period_ != 0) return;
  require_finite(tasks, losses);
  norms_ = torch::Tensor();
}

void FiniteWatch::require_finite(const std::vector<Task>& tasks, const LossMeter& losses) const {
  if (!step_) return;
  const auto fail = [&](const std::string& what, double value) {
    fail_system(period_ == 1 ? "step " : "up to step ", step_->number, ": ", what, " is ", number_text(value),
                ", which is not finite, at the learning rate ", step_->lr, " (of the heads ", step_->head_lr,
                ")", what_to_try());
  };
  const std::vector<LossSum> sums = losses.sums();
  for (size_t task = 0; task < sums.size(); ++task)
    if (!std::isfinite(sums[task].sum))
      fail(str("the loss of task ", in_text(tasks[task].name)), sums[task].sum);
  if (!norms_.defined()) return;
  if (const double norm = norms_.item<double>(); !std::isfinite(norm)) fail("the norm of the gradient", norm);
}

void require_finite(const std::vector<std::pair<std::string, torch::Tensor>>& tensors,
                    const std::string& when) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> ends;  // the least and the greatest are NaN where any is
  for (const auto& [name, tensor] : tensors) {
    const auto [least, greatest] = at::aminmax(tensor);
    ends.push_back(least.sub(least).add(greatest.sub(greatest)).to(torch::kFloat32));
  }
  if (ends.empty() || torch::stack(ends).eq(0).all().item<bool>()) return;
  for (size_t i = 0; i < ends.size(); ++i)
    if (ends[i].item<float>() != 0)
      fail_system(when, ": ", in_text(tensors[i].first), " holds numbers that are not finite", what_to_try());
}

void require_finite(const std::vector<Task>& tasks, const AllMetrics& metrics, const std::string& when) {
  for (size_t task = 0; task < metrics.size(); ++task)
    if (metrics[task]->rows() > 0 && !std::isfinite(metrics[task]->loss()))
      fail_system(when, ": the loss of task ", in_text(tasks[task].name), " is ",
                  number_text(metrics[task]->loss()), ", which is not finite", what_to_try());
}

}  // namespace mtnlp
