#include "infer/predictor.h"

#include <utility>

#include "base/field.h"
#include "base/log.h"
#include "base/printable.h"
#include "engine/engine.h"
#include "infer/batches.h"
#include "kernels/kernels.h"

namespace mtnlp {

Predictor::Predictor(ModelSettings settings, std::unique_ptr<const Embedder> embedder,
                     const std::vector<HeadWeights>& heads)
    : settings_(std::move(settings)), embedder_(std::move(embedder)), heads_(heads) {}

std::vector<Matrix> Predictor::outputs(const Matrix& embeddings) const {
  std::vector<Matrix> outputs;
  for (size_t task = 0; task < heads_.size(); ++task) outputs.push_back(heads_.logits(task, embeddings));
  return outputs;
}

Matrix Predictor::embed(std::span<const Segments> texts) const {
  std::vector<Encoding> ids;
  for (const Segments& text : texts) ids.push_back(settings_.tokenizer->encode(text, settings_.cut));
  return embed_all(*embedder_, std::vector<TokenIds>(ids.begin(), ids.end()));
}

namespace {

/// Makes `settings` pool in the way that was asked for. Throws Error where the folder's pooling learned
/// something that does not fit.
void choose_pooling(ModelSettings& settings, PoolingMode asked, const fs::path& folder) {
  const PoolingMode own = std::exchange(settings.modules.pooling, asked);
  if (own.kind == asked.kind && own != asked)
    fail_input(folder.string(), ": its pooling was trained as ", pooling_name(own), ", so ", field("pooling"),
               " ", pooling_name(asked), " does not fit it");
}

/// Makes the tasks of `settings` decide as was asked for. Throws Error where that needs a shift that is not there.
void choose_decisions(ModelSettings& settings, const PredictorOptions& options, const fs::path& folder) {
  if (options.raw) settings.tasks = undecided(std::move(settings.tasks));
  for (Task& task : settings.tasks) {
    if (options.decide == Decide::kAccuracy) task.decision.shift.clear();
    if (options.decide == Decide::kBalanced && task.kind == &default_task_kind() &&
        task.decision.shift.empty())
      fail_input(folder.string(), ": the task ", shown(task.name), " has no shift, which ", field("decide"),
                 " balanced needs; a training with ", field("decide"),
                 " balanced stores it in its best checkpoint");
  }
}

}  // namespace

Predictor load_predictor(const fs::path& folder, const PredictorOptions& options, bool need_heads) {
  return load_predictor(folder, options, need_heads, [&](const ModelSettings& settings) {
    if (options.precision == Precision::kBf16 && !kernels::has_bfloat16_products())
      log_warning(
          "bf16 has no fast product on this CPU: it is computed in float and rounded; fp32 is as fast and "
          "more "
          "exact");
    return load_engine(folder, settings, options.precision, options.threads,
                       options.fast ? fast_precision() : Precision::kFp32);
  });
}

Predictor load_predictor(const fs::path& folder, const PredictorOptions& options, bool need_heads,
                         const LoadEmbedder& load_embedder) {
  const bool checkpoint = need_heads || is_checkpoint(folder);
  ModelSettings settings = checkpoint ? read_checkpoint_settings(folder, options.prompt)
                                      : read_encoder_settings(folder, options.prompt);
  if (options.pooling) choose_pooling(settings, *options.pooling, folder);
  choose_decisions(settings, options, folder);
  auto embedder = load_embedder(settings);
  std::vector<HeadWeights> heads;
  if (checkpoint) heads = read_heads(folder, settings);
  return {std::move(settings), std::move(embedder), heads};
}

}  // namespace mtnlp
