// The heads of a model, on the CPU.
#pragma once

#include <vector>

#include "base/matrix.h"
#include "engine/linear.h"
#include "hub/model_settings.h"

namespace mtnlp {

class Heads {
 public:
  /// Copies `weights`, a [C, D] matrix and a [C] bias for each task.
  explicit Heads(const std::vector<HeadWeights>& weights);

  size_t size() const { return layers_.size(); }
  /// Returns the logits [rows, C] of head `task` for embeddings [rows, D].
  Matrix logits(size_t task, const Matrix& embeddings) const;

 private:
  std::vector<Linear> layers_;
};

}  // namespace mtnlp
