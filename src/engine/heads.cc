#include "engine/heads.h"

namespace mtnlp {

Heads::Heads(const std::vector<HeadWeights>& weights) {
  for (const HeadWeights& head : weights)
    layers_.emplace_back(Precision::kFp32, head.bias.size(), head.weight, head.bias);
}

Matrix Heads::logits(size_t task, const Matrix& embeddings) const {
  Matrix result(embeddings.rows, layers_[task].outputs());
  layers_[task].forward(embeddings.rows, embeddings.values.data(), result.values.data());
  return result;
}

}  // namespace mtnlp
