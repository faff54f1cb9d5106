// The inference engine: an encoder with its pooling on plain arrays, on the CPU.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/embedder.h"
#include "engine/pooling.h"
#include "engine/precision.h"
#include "hub/encoder_tensors.h"
#include "hub/model_settings.h"

namespace mtnlp {

class Engine final : public Embedder {
 public:
  /// Prepacks what `weights` gives: matrices of layers are copied, embeddings are shared. `settings` say the
  /// shape and the pooling. Throws Error where `precision` cannot be had.
  Engine(const ModelSettings& settings, const TensorSource& weights, PoolingWeights pooling,
         Precision precision, int threads);
  ~Engine() override;

  size_t dim() const override;
  int threads() const override { return threads_; }
  void embed(std::span<const TokenIds> texts, float* out) const override;

  /// Returns the hidden states [N, D] of the tokens of all `texts`, one text after another.
  std::vector<float> hidden_states(std::span<const TokenIds> texts) const;

 private:
  struct Layer;
  struct Batch;

  void start(const Batch& batch, float* hidden) const;
  void attend(const Batch& batch, const float* qkv, float* out) const;
  void run_layer(const Layer& layer, const Batch& batch, float* hidden, float* qkv, float* context) const;
  void add_norm(size_t rows, const float* bias, const float* gamma, const float* beta, const float* x,
                const float* residual, float* out) const;

  EncoderConfig config_;
  Pooler pooling_;
  int threads_;
  SharedFloats words_, positions_;                      ///< [vocabulary, D], [positions, D]
  std::vector<float> norm_weight_, norm_bias_, zeros_;  ///< [D]
  std::vector<Layer> layers_;
};

/// Loads the engine of an encoder folder or checkpoint that `settings` were read from; without `precision` in
/// that of its weights: kInt8 for 8-bit ones, else kFp32. Throws Error when weights in 8 bits shall be used
/// in another, and naming the folder when its weights overflow.
std::unique_ptr<Engine> load_engine(const fs::path& folder, const ModelSettings& settings,
                                    std::optional<Precision> precision, int threads);

}  // namespace mtnlp
