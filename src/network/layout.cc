#include "network/layout.h"

#include <algorithm>

namespace mtnlp {

Layout make_layout(std::span<const int64_t> lengths, torch::Device device) {
  Layout layout;
  layout.offsets.reserve(lengths.size() + 1);
  layout.offsets.push_back(0);
  for (const int64_t length : lengths) {
    layout.offsets.push_back(layout.offsets.back() + length);
    layout.max_length = std::max(layout.max_length, length);
  }
  torch::Tensor positions = torch::empty(layout.tokens(), torch::kInt64);
  auto* at = positions.data_ptr<int64_t>();
  for (const int64_t length : lengths)
    for (int64_t i = 0; i < length; ++i) *at++ = i;
  layout.positions = positions.to(device);
  layout.offsets_tensor = torch::tensor(layout.offsets, torch::kInt64).to(device);
  return layout;
}

Batch make_batch(std::span<const std::span<const int32_t>> sequences, torch::Device device) {
  std::vector<int64_t> lengths;
  lengths.reserve(sequences.size());
  for (const auto& sequence : sequences) lengths.push_back(static_cast<int64_t>(sequence.size()));
  Batch batch{{}, make_layout(lengths, device)};
  torch::Tensor ids = torch::empty(batch.layout.tokens(), torch::kInt64);
  auto* at = ids.data_ptr<int64_t>();
  for (const auto& sequence : sequences) at = std::copy(sequence.begin(), sequence.end(), at);
  batch.ids = ids.to(device);
  return batch;
}

}  // namespace mtnlp
