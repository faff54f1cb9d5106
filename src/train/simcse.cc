#include <map>

#include "base/numbers.h"
#include "network/torch.h"
#include "train/objective.h"
#include "train/token_keys.h"

namespace mtnlp {
namespace {

class Simcse final : public Objective {
 public:
  explicit Simcse(Network network) : network_(std::move(network)) {}

  std::vector<std::string> columns() const override { return {"val_loss", "val_accuracy"}; }
  std::vector<std::string> figures(const Score& score) const override {
    return {fixed_text(score.loss / score.weight, 6), fixed_text(score.hits / score.weight, 6)};
  }
  bool validates_with_dropout() const override { return true; }

  Pass prepare(const Sequences& corpus, std::span<const uint32_t> rows, uint64_t, uint64_t,
               torch::Device device) const override {
    std::vector<uint32_t> twice(rows.begin(), rows.end());
    twice.insert(twice.end(), rows.begin(), rows.end());
    std::vector<TokenIds> sequences;
    for (const uint32_t row : twice) sequences.push_back(corpus[row]);
    std::map<uint32_t, uint64_t> seen;
    Pass pass{make_batch(sequences, device), token_keys(twice, sequences, seen)};
    pass.weight = static_cast<double>(rows.size());
    return pass;
  }

  torch::Tensor loss(const Pass& pass, const torch::Tensor& hidden) const override {
    return loss_of(similarities(pass, hidden));
  }
  Score score(const Pass& pass, const torch::Tensor& hidden) const override {
    const torch::Tensor found = similarities(pass, hidden);
    return {loss_of(found).item<double>(), found.argmax(1).eq(partners(found)).sum().item<double>(),
            pass.weight};
  }

 private:
  /// Returns the logits [B, B]: of each text's first embedding, over all second ones.
  torch::Tensor similarities(const Pass& pass, const torch::Tensor& hidden) const {
    const torch::Tensor embeddings = network_->pooling->forward(hidden, pass.batch.layout);
    const torch::Tensor directions = embeddings / embeddings.norm(2, 1, /*keepdim=*/true).clamp_min(1e-8);
    const int64_t rows = directions.size(0) / 2;
    return torch::mm(directions.slice(0, 0, rows), directions.slice(0, rows).t()) / kSimcseTemperature;
  }
  static torch::Tensor loss_of(const torch::Tensor& logits) {
    return torch::nll_loss(torch::log_softmax(logits, 1), partners(logits), {}, at::Reduction::Sum);
  }
  static torch::Tensor partners(const torch::Tensor& logits) {
    return torch::arange(logits.size(0), torch::TensorOptions(torch::kInt64).device(logits.device()));
  }

  Network network_;
};

}  // namespace

std::unique_ptr<Objective> make_simcse(Network network) {
  return std::make_unique<Simcse>(std::move(network));
}

}  // namespace mtnlp
