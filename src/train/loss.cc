#include "train/loss.h"

#include <limits>

#include "network/torch.h"

namespace mtnlp {

std::vector<std::vector<double>> balanced_class_weights(const std::vector<Task>& tasks,
                                                        const EncodedRows& encoded,
                                                        const std::vector<Part>& parts) {
  std::vector<std::vector<double>> weights;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const size_t classes = tasks[t].labels.size();
    std::vector<double> counts(classes);
    double rows = 0;
    for (size_t row = 0; row < encoded.size(); ++row)
      if (const int32_t label = encoded.label(row, t); parts[row] == Part::kTrain && label != kNoLabel) {
        ++counts[static_cast<size_t>(label)];
        ++rows;
      }
    for (double& count : counts) count = count > 0 ? rows / (static_cast<double>(classes) * count) : 0;
    weights.push_back(std::move(counts));
  }
  return weights;
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
                               std::span<const double> denominators, const LossOptions& options,
                               LossMeter* meter) {
  torch::Tensor loss;
  for (size_t task = 0; task < network.heads.size(); ++task) {
    std::vector<int64_t> labels;
    double label_weight = 0;
    for (const uint32_t row : rows) {
      const int32_t label = encoded.label(row, task);
      labels.push_back(label);
      if (label != kNoLabel)
        label_weight +=
            options.class_weights.empty() ? 1 : options.class_weights[task][static_cast<size_t>(label)];
    }
    if (label_weight == 0) continue;
    std::optional<torch::Tensor> class_weights;
    if (!options.class_weights.empty())
      class_weights = torch::tensor(options.class_weights[task], embeddings.options().requires_grad(false));
    const torch::Tensor sum =
        at::cross_entropy_loss(network.heads[task]->forward(embeddings),
                               torch::tensor(labels, torch::kInt64).to(embeddings.device()), class_weights,
                               at::Reduction::Sum, kNoLabel, options.label_smoothing);
    if (meter != nullptr) meter->add(task, sum, label_weight);
    const double task_weight = options.task_weights.empty() ? 1 : options.task_weights[task];
    const torch::Tensor share = sum * (task_weight / denominators[task]);
    loss = loss.defined() ? loss + share : share;
  }
  return loss;
}

}  // namespace mtnlp
