#include "train/step.h"

#include <map>

#include "base/random.h"
#include "network/torch.h"
#include "train/token_keys.h"

namespace mtnlp {

torch::Tensor training_embeddings(NetworkImpl& network, const EncodedRows& encoded,
                                  std::span<const uint32_t> rows, const FrozenStages* frozen,
                                  const DropoutPlan& plan, torch::Device device) {
  if (frozen != nullptr && frozen->whole_backbone()) return (*frozen)(rows);
  EncoderImpl& encoder = *network.encoder;
  const Batch batch = make_batch(encoded.sequences(rows), device);
  const torch::Tensor hidden =
      frozen != nullptr ? (*frozen)(rows) : encoder.embed(batch.ids, batch.layout, plan);
  const int64_t first = frozen != nullptr ? frozen->layers() : 0;
  return network.pooling->forward(encoder.layers(hidden, batch.layout, first, encoder.config().layers, plan),
                                  batch.layout);
}

void accumulate_gradients(NetworkImpl& network, const EncodedRows& encoded, const Step& step, uint64_t index,
                          const StepOptions& options, const FrozenStages* frozen, LossMeter* meter) {
  DropoutPlan plan{true, hash_key(options.seed, index)};
  std::map<uint32_t, uint64_t> seen;  // row → times that it has passed in this step
  const auto embed = [&](const std::vector<uint32_t>& rows) {
    plan.tokens = token_keys(rows, encoded.sequences(rows), seen);
    return training_embeddings(network, encoded, rows, frozen, plan, options.device);
  };
  const auto backward = [](const torch::Tensor& loss) {
    if (loss.defined() && loss.requires_grad()) loss.backward();
  };
  for (const std::vector<uint32_t>& rows : step.micro_batches)
    backward(micro_batch_loss(network, embed(rows), encoded, rows, step.denominators, options.losses, meter));
  if (options.soft == nullptr) return;
  const std::vector<std::vector<uint32_t>> soft = options.soft->micro_batches(index);
  for (const std::vector<uint32_t>& rows : soft)
    backward(options.soft->loss(network, embed(rows), rows, soft, options.losses));
}

}  // namespace mtnlp
