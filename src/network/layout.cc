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

namespace {

/// Returns the token type of each token of `texts`; undefined where all are 0.
torch::Tensor types_of(std::span<const TokenIds> texts, int64_t tokens) {
  const auto has_second = [](const TokenIds& ids) { return ids.second_type < ids.size(); };
  if (std::ranges::none_of(texts, has_second)) return {};
  torch::Tensor types = torch::zeros(tokens, torch::kInt64);
  auto* at = types.data_ptr<int64_t>();
  for (const TokenIds& ids : texts) {
    if (has_second(ids)) std::fill(at + ids.second_type, at + ids.size(), 1);
    at += ids.size();
  }
  return types;
}

}  // namespace

Batch make_batch(std::span<const TokenIds> texts, torch::Device device) {
  std::vector<int64_t> lengths, windows;
  lengths.reserve(texts.size());
  for (const TokenIds& text : texts) {
    windows.push_back(static_cast<int64_t>(text.sequences()));
    for (size_t i = 0, begin = 0; i < text.sequences(); begin = text.end_of(i++))
      lengths.push_back(static_cast<int64_t>(text.end_of(i) - begin));
  }
  Batch batch{{}, make_layout(lengths, device)};
  if (lengths.size() > texts.size()) batch.layout.windows = std::move(windows);
  torch::Tensor ids = torch::empty(batch.layout.tokens(), torch::kInt64);
  auto* at = ids.data_ptr<int64_t>();
  for (const TokenIds& text : texts) at = std::copy(text.begin(), text.end(), at);
  batch.ids = ids.to(device);
  if (const torch::Tensor types = types_of(texts, batch.layout.tokens()); types.defined())
    batch.layout.types = types.to(device);
  return batch;
}

}  // namespace mtnlp
