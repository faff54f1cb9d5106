// A loaded model: it makes embeddings and predictions from texts. eval, predict and embed use it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "engine/embedder.h"
#include "engine/heads.h"
#include "engine/precision.h"
#include "hub/model_settings.h"

namespace mtnlp {

struct PredictorOptions {
  PromptChoice prompt = {};  ///< before every text; default: the folder's default
  std::optional<Precision> precision =
      {};             ///< none: int8 for 8-bit weights, else fp32 or, if `fast`, fast_precision
  bool fast = false;  ///< whether speed counts more than the last digits
  std::optional<PoolingMode> pooling = {};  ///< none: the folder's
  std::optional<Decide> decide = {};        ///< none: as the checkpoint has it
  bool raw = false;                         ///< answer by the logits alone, without temperature and shift
  int threads = 1;                          ///< number of threads of embed, at least 1
};

/// Thread-safe: all methods are const and may run in several threads at once.
class Predictor {
 public:
  /// Makes a predictor of its parts; `heads` are parallel to `settings.tasks`.
  Predictor(ModelSettings settings, std::unique_ptr<const Embedder> embedder,
            const std::vector<HeadWeights>& heads);

  const ModelSettings& settings() const { return settings_; }
  const Embedder& embedder() const { return *embedder_; }
  const Heads& heads() const { return heads_; }

  /// Returns the outputs of the heads of all tasks for embeddings [rows, D], [tasks] of [rows, C]. What they
  /// mean, the task's kind says (TaskKind::answer).
  std::vector<Matrix> outputs(const Matrix& embeddings) const;
  /// Returns the embeddings [texts, D] of raw texts or pairs, cut to the model's longest length.
  Matrix embed(std::span<const Segments> texts) const;

 private:
  ModelSettings settings_;
  std::unique_ptr<const Embedder> embedder_;
  Heads heads_;
};

/// Loads a checkpoint or, unless `need_heads`, an encoder folder. Throws Error naming the file or tensor.
Predictor load_predictor(const fs::path& folder, const PredictorOptions& options, bool need_heads);

/// Loads what embeds with the weights of the folder that `settings` were read from.
using LoadEmbedder = std::function<std::unique_ptr<const Embedder>(const ModelSettings& settings)>;
/// Does so with another embedder than the engine; options.precision and threads are for `load_embedder` to take.
Predictor load_predictor(const fs::path& folder, const PredictorOptions& options, bool need_heads,
                         const LoadEmbedder& load_embedder);

}  // namespace mtnlp
