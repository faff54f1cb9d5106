// What an encoder can learn from texts without labels.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/progress.h"
#include "data/text_corpus.h"
#include "network/lm_head.h"
#include "network/network.h"
#include "train/loss.h"
#include "train/masking.h"

namespace mtnlp {

/// Some rows that go through the encoder at once.
struct Pass {
  Batch batch;
  torch::Tensor token_keys = {};  ///< int64 [N], see DropoutPlan
  torch::Tensor places = {},
                targets = {};  ///< int64 [M]: see MaskedSequences; undefined when nothing is masked
  double weight = 0;           ///< what the sum of its losses is divided by
};

/// The losses of passes.
struct Score {
  double loss = 0;    ///< sum
  double hits = 0;    ///< guesses that were right
  double weight = 0;  ///< of the losses, and of the guesses
};

class Objective {
 public:
  virtual ~Objective() = default;
  /// Returns the names of loss, hits and the like in metrics.csv, parallel to `figures`.
  virtual std::vector<std::string> columns() const = 0;
  /// Returns what a score says, as printed.
  virtual std::vector<std::string> figures(const Score& score) const = 0;

  /// Prepares `rows` of `corpus`, from row `first` of a step on; random choices are drawn from `key`.
  virtual Pass prepare(const Sequences& corpus, std::span<const uint32_t> rows, uint64_t key, uint64_t first,
                       torch::Device device) const = 0;
  /// Says whether validation has dropout, too: where the two passes of a text differ by it alone.
  virtual bool validates_with_dropout() const { return false; }
  /// Returns the sum of the losses of a pass, a scalar, from its hidden states [N, D].
  virtual torch::Tensor loss(const Pass& pass, const torch::Tensor& hidden) const = 0;
  /// Returns the losses and the guesses of a pass, without gradients.
  virtual Score score(const Pass& pass, const torch::Tensor& hidden) const = 0;
};

/// Masked language model: a loss for each hidden token. `network` and `head` are shared.
std::unique_ptr<Objective> make_masked_lm(Network network, LmHead head, Masking masking);

/// SimCSE without labels (Gao et al. 2021): each text twice, under two masks of dropout; among all second ones of
/// the batch it is to find its own, by the cosine of the embeddings over a temperature.
inline constexpr double kSimcseTemperature = 0.05;
std::unique_ptr<Objective> make_simcse(Network network);

/// Adds the gradients of a step of these passes to the parameters, that of the mean loss over all of them, and the
/// losses to `meter`. Dropout is drawn from `dropout_key`.
void add_gradients(const Objective& objective, EncoderImpl& encoder, std::span<const Pass> passes,
                   uint64_t dropout_key, LossMeter& meter);

/// Scores all of `corpus`, in passes of `batch_size` rows, in fp32 and always with the same random choices.
Score score_texts(const Objective& objective, EncoderImpl& encoder, const Sequences& corpus,
                  size_t batch_size, torch::Device device, Progress& progress);

}  // namespace mtnlp
