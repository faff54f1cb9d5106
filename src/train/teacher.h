// A teacher: a checkpoint whose answers are soft labels (soft_labels.h), as `predict --raw --all-probabilities --precision
// fp32` would write them. Validation and test texts never become soft labels.
#pragma once

#include "train/setup.h"
#include "train/soft_labels.h"

namespace mtnlp {

/// Adds to `labels` what `options.teacher`, if any, says of the training rows of `data` and then of `options.texts`, for
/// each of its tasks that the data have too; and their tokens for a `student` to `data.encoded`.
/// Left out are texts that validation or test rows of `data`, or of the run of the teacher, have. `data.warnings` says how
/// many, and how many rows to be scored the teacher was trained on. Throws Error for a teacher that has none of the tasks,
/// or one of another kind or with other labels, or of pairs where the data have single texts; where the parts are those of
/// a `fold`, for one that was trained on rows to be scored; and for a file without texts.
void add_teacher(const SoftOptions& options, const MachineOptions& machine, const ModelSettings& student,
                 bool fold, TrainingData& data, SoftLabels& labels);

}  // namespace mtnlp
