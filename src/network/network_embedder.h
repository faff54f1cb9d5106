// The network as an embedder, for devices that the engine does not run on.
#pragma once

#include <memory>

#include "engine/embedder.h"
#include "network/model.h"

namespace mtnlp {

/// Embeds on `device`, where the network is, in the network's precision and without gradients.
class NetworkEmbedder final : public Embedder {
 public:
  NetworkEmbedder(Network network, torch::Device device) : network_(std::move(network)), device_(device) {}

  size_t dim() const override;
  int threads() const override { return 1; }
  void embed(std::span<const TokenIds> texts, float* out) const override;

 private:
  mutable Network network_;  ///< forward of a torch module is not const, and changes nothing
  torch::Device device_;
};

/// Returns what embeds with the weights that `model` has now, in fp32: the engine on a CPU, in `threads`
/// threads, else the network itself.
std::unique_ptr<const Embedder> make_embedder(const Model& model, torch::Device device, int threads);

}  // namespace mtnlp
