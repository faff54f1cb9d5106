#include "mtnlp/train/step.h"

#include <algorithm>

#include "mtnlp/base/random.h"
#include "mtnlp/infer/batches.h"
#include "mtnlp/model/torch.h"

namespace mtnlp {
torch::Tensor training_embeddings(const Model& model, const Batch& batch, int64_t frozen_stages,
                                  const DropoutPlan& plan) {
  Encoder encoder = model.encoder;
  const int64_t layers = encoder->config().layers, first = std::max<int64_t>(frozen_stages - 1, 0);
  torch::Tensor hidden;
  if (frozen_stages == 0) {
    hidden = encoder->embed(batch.ids, batch.layout, plan);
  } else {
    const torch::NoGradGuard no_grad;
    hidden = encoder->layers(encoder->embed(batch.ids, batch.layout), batch.layout, 0, first);
  }
  return model.pool(encoder->layers(hidden, batch.layout, first, layers, plan), batch.layout);
}

FrozenEmbeddings::FrozenEmbeddings(const Model& model, const EncodedRows& encoded,
                                   std::span<const uint32_t> rows, torch::Device device)
    : place_(encoded.size(), -1) {
  int64_t next = 0;
  for (const uint32_t row : rows) place_[row] = next++;
  embeddings_ = embed_all(model, encoded.sequences(rows), device);
}

torch::Tensor FrozenEmbeddings::rows(std::span<const uint32_t> row_ids) const {
  std::vector<int64_t> places;
  for (const uint32_t row : row_ids) places.push_back(place_[row]);
  return embeddings_.index_select(0, torch::tensor(places, torch::kInt64).to(embeddings_.device()));
}

void accumulate_gradients(const Model& model, const EncodedRows& encoded, const Step& step, uint64_t index,
                          const StepOptions& options, const FrozenEmbeddings* frozen, LossMeter* meter) {
  for (size_t m = 0; m < step.micro_batches.size(); ++m) {
    const auto& rows = step.micro_batches[m];
    const DropoutPlan plan{true, hash_key(options.seed, index, m)};
    const torch::Tensor embeddings =
        frozen != nullptr ? frozen->rows(rows)
                          : training_embeddings(model, pack(encoded.sequences(rows), options.device),
                                                options.frozen_stages, plan);
    const torch::Tensor loss =
        micro_batch_loss(model, embeddings, encoded, rows, step.denominators, options.loss, meter);
    if (loss.defined() && loss.requires_grad()) loss.backward();
  }
}

}  // namespace mtnlp
