#include "train/objective.h"

#include <algorithm>

#include "base/random.h"
#include "base/signals.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

constexpr uint64_t kValidationKey = 0x76616c6964617465;

/// While it lives, the encoder computes in fp32.
class InFp32 {
 public:
  explicit InFp32(EncoderImpl& encoder) : encoder_(encoder), before_(encoder.precision()) {
    encoder_.set_precision(Precision::kFp32);
  }
  ~InFp32() { encoder_.set_precision(before_); }
  InFp32(const InFp32&) = delete;
  InFp32& operator=(const InFp32&) = delete;

 private:
  EncoderImpl& encoder_;
  Precision before_;
};

}  // namespace

void add_gradients(const Objective& objective, EncoderImpl& encoder, std::span<const Pass> passes,
                   uint64_t dropout_key, LossMeter& meter) {
  double weight = 0;
  for (const Pass& pass : passes) weight += pass.weight;
  DropoutPlan plan{true, dropout_key};
  for (const Pass& pass : passes) {
    if (pass.weight == 0) continue;
    plan.tokens = pass.token_keys;
    const torch::Tensor loss = objective.loss(pass, encoder.forward(pass.batch, plan));
    meter.add(0, loss, pass.weight);
    (loss / weight).backward();
  }
}

Score score_texts(const Objective& objective, EncoderImpl& encoder, const Sequences& corpus,
                  size_t batch_size, torch::Device device, Progress& progress) {
  const torch::NoGradGuard no_grad;
  const InFp32 in_fp32(encoder);
  DropoutPlan plan{objective.validates_with_dropout(), kValidationKey};
  Score sum;
  for (uint64_t first = 0; first < corpus.size(); first += batch_size) {
    throw_if_stopped();
    std::vector<uint32_t> rows;
    for (uint64_t row = first; row < std::min(first + batch_size, corpus.size()); ++row)
      rows.push_back(static_cast<uint32_t>(row));
    const Pass pass = objective.prepare(corpus, rows, kValidationKey, first, device);
    progress.add(rows.size());
    if (pass.weight == 0) continue;
    plan.tokens = pass.token_keys;
    const Score score = objective.score(pass, encoder.forward(pass.batch, plan));
    sum = {sum.loss + score.loss, sum.hits + score.hits, sum.weight + score.weight};
  }
  return sum;
}

}  // namespace mtnlp
