#include "train/loss.h"

#include <limits>

#include "network/torch.h"

namespace mtnlp {

Losses::Losses(const std::vector<Task>& tasks, const LossOptions& options, const EncodedRows& encoded,
               const std::vector<Part>& parts)
    : task_weights_(options.task_weights) {
  const std::vector<ClassWeighting> classes = weighting_of(tasks, options.class_weights);
  for (size_t task = 0; task < tasks.size(); ++task) {
    std::vector<Target> training;
    for (size_t row = 0; row < encoded.size(); ++row)
      if (parts[row] == Part::kTrain) training.push_back(encoded.target(row, task));
    of_task_.push_back(
        make_task_loss(tasks[task], {options.label_smoothing, classes[task], options.laws}, training));
  }
}

void LossMeter::add(size_t task, const torch::Tensor& sum, double weight) {
  const torch::Tensor value = sum.detach().to(torch::kFloat64);
  sums_[task] = sums_[task].defined() ? sums_[task] + value : value;
  weights_[task] += weight;
}

double LossMeter::mean(size_t task) const {
  if (!sums_[task].defined()) return std::numeric_limits<double>::quiet_NaN();
  return sums_[task].item<double>() / weights_[task];
}

void LossMeter::reset() {
  *this = LossMeter(sums_.size());
}

std::vector<LossSum> LossMeter::sums() const {
  std::vector<LossSum> sums(sums_.size());
  for (size_t task = 0; task < sums.size(); ++task)
    if (sums_[task].defined()) sums[task] = {sums_[task].item<double>(), weights_[task]};
  return sums;
}

void LossMeter::restore(const std::vector<LossSum>& sums) {
  *this = LossMeter(sums.size());
  for (size_t task = 0; task < sums.size(); ++task)
    if (sums[task].weight > 0) add(task, torch::tensor(sums[task].sum, torch::kFloat64), sums[task].weight);
}

torch::Tensor micro_batch_loss(const NetworkImpl& network, const torch::Tensor& embeddings,
                               const EncodedRows& encoded, std::span<const uint32_t> rows,
                               std::span<const double> denominators, const Losses& losses, LossMeter* meter) {
  torch::Tensor loss;
  for (size_t task = 0; task < network.heads.size(); ++task) {
    std::vector<Target> targets;
    double weight = 0;
    bool any = false;
    for (const uint32_t row : rows) {
      targets.push_back(encoded.target(row, task));
      if (targets.back().is_none()) continue;
      weight += losses.row_weight(task, targets.back());
      any = true;
    }
    if (!any || denominators[task] == 0) continue;
    const torch::Tensor sum = losses.of(task).sum(network.heads[task]->forward(embeddings), targets);
    if (meter != nullptr) meter->add(task, sum, weight);
    const torch::Tensor share = sum * (losses.task_weight(task) / denominators[task]);
    loss = loss.defined() ? loss + share : share;
  }
  return loss;
}

}  // namespace mtnlp
