#include <cmath>
#include <map>

#include "base/numbers.h"
#include "network/cross_entropy.h"
#include "network/torch.h"
#include "train/objective.h"
#include "train/token_keys.h"

namespace mtnlp {
namespace {

class MaskedLm final : public Objective {
 public:
  MaskedLm(Network network, LmHead head, Masking masking)
      : network_(std::move(network)), head_(std::move(head)), masking_(std::move(masking)) {}

  std::vector<std::string> columns() const override {
    return {"val_loss", "val_perplexity", "val_masked_accuracy"};
  }
  std::vector<std::string> figures(const Score& score) const override {
    const double loss = score.loss / score.weight;
    return {fixed_text(loss, 6), fixed_text(std::exp(loss), 6), fixed_text(score.hits / score.weight, 6)};
  }

  Pass prepare(const Sequences& corpus, std::span<const uint32_t> rows, uint64_t key, uint64_t first,
               torch::Device device) const override {
    std::vector<TokenIds> sequences;
    for (const uint32_t row : rows) sequences.push_back(corpus[row]);
    const MaskedSequences masked = masking_(sequences, key, first);
    std::map<uint32_t, uint64_t> seen;
    const std::vector<TokenIds> hidden(masked.sequences.begin(), masked.sequences.end());
    return {make_batch(hidden, device), token_keys(rows, sequences, seen),
            torch::tensor(masked.places, torch::kInt64).to(device),
            torch::tensor(masked.targets, torch::kInt64).to(device),
            static_cast<double>(masked.targets.size())};
  }

  torch::Tensor loss(const Pass& pass, const torch::Tensor& hidden) const override {
    return decoder_loss(transformed(pass, hidden), decoder(), pass.targets);
  }
  Score score(const Pass& pass, const torch::Tensor& hidden) const override {
    const Guesses guesses = decoder_guesses(transformed(pass, hidden), decoder(), pass.targets);
    return {guesses.loss, static_cast<double>(guesses.hits), pass.weight};
  }

 private:
  Decoder decoder() const {
    return {network_->encoder->word_embeddings, head_->bias, network_->encoder->precision()};
  }
  torch::Tensor transformed(const Pass& pass, const torch::Tensor& hidden) const {
    return head_->forward(hidden.index_select(0, pass.places), network_->encoder->precision());
  }

  Network network_;
  LmHead head_;
  Masking masking_;
};

}  // namespace

std::unique_ptr<Objective> make_masked_lm(Network network, LmHead head, Masking masking) {
  return std::make_unique<MaskedLm>(std::move(network), std::move(head), std::move(masking));
}

}  // namespace mtnlp
