// The loss of a language model over its vocabulary, whose logits are too many to be kept: a matrix of logits
// costs several times the memory and the time of the products that make it.
#pragma once

#include <cstdint>

#include <torch/types.h>

#include "engine/precision.h"

namespace mtnlp {

/// What a decoder guesses: its logits are x · weight^T + bias.
struct Decoder {
  torch::Tensor weight;                    ///< [vocabulary, D]
  torch::Tensor bias;                      ///< [vocabulary]
  Precision precision = Precision::kFp32;  ///< of the products: kFp32 or kBf16
};

/// Returns the sum of -log softmax(logits)[target] over the rows of x [M, D], with `targets` int64 [M]. Takes the
/// logits some rows at a time, and the gradients with them (Hsu et al. 2024, "Liger Kernel").
torch::Tensor decoder_loss(const torch::Tensor& x, const Decoder& decoder, const torch::Tensor& targets);

/// How well a decoder guesses.
struct Guesses {
  double loss = 0;   ///< decoder_loss
  int64_t hits = 0;  ///< rows whose target has the largest logit
};
/// Returns both in one pass, without gradients.
Guesses decoder_guesses(const torch::Tensor& x, const Decoder& decoder, const torch::Tensor& targets);

namespace reference {
/// Defines decoder_loss, in plain ATen.
torch::Tensor decoder_loss(const torch::Tensor& x, const Decoder& decoder, const torch::Tensor& targets);
}  // namespace reference

}  // namespace mtnlp
