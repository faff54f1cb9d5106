#include "infer/batches.h"

#include <algorithm>
#include <numeric>

namespace mtnlp {

std::vector<std::vector<uint32_t>> length_batches(std::span<const size_t> lengths, size_t token_budget) {
  std::vector<uint32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0U);
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

std::vector<std::vector<uint32_t>> length_batches(std::span<const TokenIds> texts) {
  std::vector<size_t> lengths;
  lengths.reserve(texts.size());
  for (const TokenIds& text : texts) lengths.push_back(text.size());
  return length_batches(lengths);
}

std::vector<TokenIds> texts_at(std::span<const TokenIds> texts, std::span<const uint32_t> indices) {
  std::vector<TokenIds> chosen;
  chosen.reserve(indices.size());
  for (const uint32_t index : indices) chosen.push_back(texts[index]);
  return chosen;
}

void embed_batches(const Embedder& embedder, std::span<const TokenIds> texts,
                   const std::function<void(std::span<const uint32_t>, Matrix)>& use) {
  for_length_batches(
      texts, embedder.threads(),
      [&](const std::vector<TokenIds>& batch) {
        Matrix embeddings(batch.size(), embedder.dim());
        embedder.embed(batch, embeddings.values.data());
        return embeddings;
      },
      use);
}

Matrix embed_all(const Embedder& embedder, std::span<const TokenIds> texts) {
  Matrix all(texts.size(), embedder.dim());
  embed_batches(embedder, texts, [&](std::span<const uint32_t> indices, const Matrix& embeddings) {
    for (size_t i = 0; i < indices.size(); ++i)
      std::ranges::copy(embeddings.row(i), all.row(indices[i]).begin());
  });
  return all;
}

}  // namespace mtnlp
