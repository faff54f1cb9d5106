#include "network/network_embedder.h"

#include <cstring>

#include "network/torch.h"

namespace mtnlp {

size_t NetworkEmbedder::dim() const {
  return static_cast<size_t>(network_->encoder->config().dim);
}

void NetworkEmbedder::embed(std::span<const TokenIds> texts, float* out) const {
  const torch::InferenceMode inference;
  const torch::Tensor embeddings =
      network_->embed(make_batch(texts, device_)).to(torch::kFloat32).cpu().contiguous();
  std::memcpy(out, embeddings.const_data_ptr(), embeddings.nbytes());
}

std::unique_ptr<const Embedder> make_embedder(const Model& model, torch::Device device, int threads) {
  if (device.is_cpu()) return make_engine(model, threads);
  return std::make_unique<NetworkEmbedder>(model.network, device);
}

}  // namespace mtnlp
