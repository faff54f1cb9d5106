// The heads of a run that starts from a checkpoint.
#pragma once

#include <string>
#include <vector>

#include "network/model.h"
#include "run/freeze_spec.h"

namespace mtnlp {

/// Gives the heads and the pooling of `model` what the checkpoint in `folder` learned, whose settings are
/// `from`. Heads are matched by the names of tasks, their rows by those of labels; what is new keeps its
/// random weights. Decisions and scales of the tasks come along. Returns what was done, a line a task. Throws Error for a task of another kind, and, unless
/// `drop_labels`, for a label that a task of `model` lacks.
std::vector<std::string> take_heads(const fs::path& folder, const ModelSettings& from, bool drop_labels,
                                    Model& model);

/// Returns a warning for each frozen head, as `freeze` says it, that has outputs which the checkpoint with `from` lacks:
/// they keep their random weights.
std::vector<std::string> random_for_good(const ModelSettings& from, const std::vector<Task>& tasks,
                                         const FreezeSpec& freeze);

}  // namespace mtnlp
