// The inference engine: an encoder with its pooling, on plain arrays and the CPU.
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
  /// Reads all tensors from `weights`. Matrices of the layers are copied and prepacked; embedding tables are
  /// shared. `settings` give the shape and the pooling. Throws Error when the sizes do not allow `precision`.
  Engine(const ModelSettings& settings, const TensorSource& weights, PoolingWeights pooling,
         Precision precision, int threads);
  ~Engine() override;

  size_t dim() const override;
  int threads() const override { return threads_; }
  void embed(std::span<const TokenIds> texts, float* out) const override;

  /// Returns the hidden states [N, D] after the last layer, of the tokens of all `texts` one text after
  /// another.
  std::vector<float> hidden_states(std::span<const TokenIds> texts) const;

 private:
  struct Layer;
  struct Batch;

  std::vector<float> hidden_states(const Batch& batch) const;
  void start(const Batch& batch, float* hidden) const;
  void attend(const Batch& batch, const float* qkv, float* out) const;
  void run_layer(const Layer& layer, const Batch& batch, float* hidden, float* qkv, float* context) const;
  void add_norm(size_t rows, const float* bias, const float* gamma, const float* beta, const float* x,
                const float* residual, float* out) const;

  EncoderConfig config_;
  Pooler pooling_;
  int threads_;
  SharedFloats words_, positions_;                      ///< [vocabulary, D], [positions, D]
  SharedFloats type_rows_;                              ///< [types, D], see token_type_rows; maybe empty
  std::vector<float> norm_weight_, norm_bias_, zeros_;  ///< [D]
  std::vector<Layer> layers_;
};

/// Loads the engine from `folder`, an encoder folder or checkpoint from which `settings` were read. Without
/// `precision` it is kInt8 for 8-bit weights, else `usual`. Throws Error for 8-bit weights in another
/// precision, and naming the folder when its weights overflow.
std::unique_ptr<Engine> load_engine(const fs::path& folder, const ModelSettings& settings,
                                    std::optional<Precision> precision, int threads,
                                    Precision usual = Precision::kFp32);

}  // namespace mtnlp
