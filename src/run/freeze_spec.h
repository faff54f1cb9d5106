// Which parts of a model are to keep their weights, as the option says it.
#pragma once

#include <cstdint>
#include <set>
#include <string>

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

}  // namespace mtnlp
