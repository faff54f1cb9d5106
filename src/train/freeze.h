// Which parts of the model keep their weights.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "network/model.h"

namespace mtnlp {

/// Parsed `--freeze`: none | all | backbone | embeddings | layers:K | pooling | head:NAME, comma-separated.
struct FreezeSpec {
  bool backbone = false;
  bool all_heads = false;
  bool pooling = false;
  bool embeddings = false;
  int64_t layers = 0;           ///< the K lowest layers; implies the embeddings
  std::set<std::string> heads;  ///< names of tasks
};

/// Throws Error naming the part that is not understood, with the valid ones.
FreezeSpec parse_freeze(const std::string& list);

/// Marks frozen tensors with requires_grad(false) and returns the number of frozen stages from the bottom: 0
/// none, 1 the embeddings, 1 + K the K lowest layers too, 1 + layers the whole backbone. Throws Error for a K
/// beyond the encoder and a head that is no task.
int64_t apply_freeze(const FreezeSpec& spec, Model& model);

}  // namespace mtnlp
