// Scores of the validation part, with the weights as they are.
#pragma once

#include <vector>

#include "eval/evaluator.h"
#include "network/model.h"

namespace mtnlp {

struct ValidatorOptions {
  torch::Device device = torch::kCPU;
  int threads = 1;
  bool quiet = false;      ///< no progress
  bool frozen = false;     ///< embeddings do not change: they are computed once and kept where they fit
  size_t cache_bytes = 0;  ///< for these
};

/// Scores `rows` of `encoded` in fp32, as `mtnlp eval` does, by the logits without a decision; `model` and `encoded` are borrowed.
class Validator {
 public:
  Validator(const Model& model, const EncodedRows& encoded, std::vector<uint32_t> rows,
            const ValidatorOptions& options);
  AllMetrics operator()();

 private:
  const Model& model_;
  const EncodedRows& encoded_;
  std::vector<uint32_t> rows_;
  ValidatorOptions options_;
  std::vector<EmbeddedBatch> kept_;
};

}  // namespace mtnlp
