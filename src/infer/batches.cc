#include "infer/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/Parallel.h>

#include "network/torch.h"

namespace mtnlp {

std::vector<std::vector<uint32_t>> length_batches(std::span<const size_t> lengths, size_t token_budget) {
  std::vector<uint32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return lengths[a] > lengths[b]; });
  std::vector<std::vector<uint32_t>> batches;
  size_t tokens = token_budget;
  for (const uint32_t index : order) {
    if (batches.empty() || tokens + lengths[index] > token_budget) {
      batches.emplace_back();
      tokens = 0;
    }
    batches.back().push_back(index);
    tokens += lengths[index];
  }
  return batches;
}

int64_t first_not_finite(const torch::Tensor& values) {
  const torch::NoGradGuard no_grad;
  // The sum needs no memory and is finite, unless one of the values is not or they are huge.
  if (values.numel() == 0 || std::isfinite(values.sum().item<double>())) return -1;
  const torch::Tensor bad = values.isfinite().logical_not().reshape({values.size(0), -1}).any(1).nonzero();
  return bad.numel() == 0 ? -1 : bad[0].item<int64_t>();
}

void for_length_batches(std::span<const std::span<const int32_t>> sequences, torch::Device device,
                        const std::function<torch::Tensor(const Batch&)>& encode, const UseBatch& use) {
  const torch::InferenceMode inference;
  std::vector<size_t> lengths;
  lengths.reserve(sequences.size());
  for (const auto& sequence : sequences) lengths.push_back(sequence.size());
  const auto batches = length_batches(lengths);
  const auto result_of = [&](const std::vector<uint32_t>& indices) {
    std::vector<std::span<const int32_t>> batch;
    batch.reserve(indices.size());
    for (const uint32_t index : indices) batch.push_back(sequences[index]);
    return encode(pack(batch, device));
  };
  // On the CPU as many batches at once as there are threads: each stays in the cache of its own.
  const size_t at_once = device.is_cpu() ? static_cast<size_t>(at::get_num_threads()) : 1;
  std::vector<torch::Tensor> results(at_once);
  for (size_t first = 0; first < batches.size(); first += at_once) {
    const size_t count = std::min(at_once, batches.size() - first);
    at::parallel_for(0, static_cast<int64_t>(count), 1, [&](int64_t begin, int64_t end) {
      const torch::InferenceMode inference_here;
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
        results[i] = result_of(batches[first + i]);
    });
    for (size_t i = 0; i < count; ++i) use(batches[first + i], results[i]);
  }
}

void embed_batches(const Model& model, std::span<const std::span<const int32_t>> sequences,
                   torch::Device device, const UseBatch& use) {
  for_length_batches(
      sequences, device, [&](const Batch& batch) { return model.embed(batch); }, use);
}

torch::Tensor embed_all(const Model& model, std::span<const std::span<const int32_t>> sequences,
                        torch::Device device) {
  torch::Tensor all = torch::empty({static_cast<int64_t>(sequences.size()), model.encoder->config().dim},
                                   torch::TensorOptions(torch::kFloat32).device(device));
  embed_batches(model, sequences, device,
                [&](std::span<const uint32_t> indices, const torch::Tensor& embeddings) {
                  const std::vector<int64_t> rows(indices.begin(), indices.end());
                  all.index_copy_(0, torch::tensor(rows, torch::kInt64).to(device), embeddings);
                });
  return all;
}

}  // namespace mtnlp
