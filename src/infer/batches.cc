#include "mtnlp/infer/batches.h"

#include <algorithm>
#include <numeric>

#include "mtnlp/model/torch.h"

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

void embed_batches(const Model& model, std::span<const std::span<const int32_t>> sequences,
                   torch::Device device,
                   const std::function<void(std::span<const uint32_t>, const torch::Tensor&)>& use) {
  const torch::InferenceMode inference;
  std::vector<size_t> lengths;
  lengths.reserve(sequences.size());
  for (const auto& sequence : sequences) lengths.push_back(sequence.size());
  std::vector<std::span<const int32_t>> batch;
  for (const std::vector<uint32_t>& indices : length_batches(lengths)) {
    batch.clear();
    for (const uint32_t index : indices) batch.push_back(sequences[index]);
    use(indices, model.embed(pack(batch, device)));
  }
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
