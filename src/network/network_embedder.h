// The network as an Embedder, for devices on which the engine does not run.
#pragma once

#include <memory>

#include "engine/embedder.h"
#include "network/model.h"

namespace mtnlp {

/// Embeds on `device`, which holds the network, in its precision and without gradients.
class NetworkEmbedder final : public Embedder {
 public:
  NetworkEmbedder(Network network, torch::Device device) : network_(std::move(network)), device_(device) {}

  size_t dim() const override;
  int threads() const override { return 1; }
  void embed(std::span<const TokenIds> texts, float* out) const override;

 private:
  mutable Network network_;  ///< mutable: forward is not const, though it changes nothing
  torch::Device device_;
};

/// Returns an embedder with the present weights of `model`, in fp32: an engine of `threads` threads on the
/// CPU, the network itself on another device.
std::unique_ptr<const Embedder> make_embedder(const Model& model, torch::Device device, int threads);

}  // namespace mtnlp
