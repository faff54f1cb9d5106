#include "train/task_loss.h"

#include "base/error.h"
#include "tasks/multi_label.h"
#include "tasks/regression.h"
#include "tasks/single_label.h"

namespace mtnlp {

std::unique_ptr<const TaskLoss> make_task_loss(const Task& task, const TaskLossOptions& options,
                                               std::span<const Target> training) {
  if (task.kind == &single_label()) return make_single_label_loss(task, options, training);
  if (task.kind == &multi_label()) return make_multi_label_loss(task, options, training);
  if (task.kind == &regression()) return make_regression_loss(task, options);
  fail_system("tasks of the kind ", task.kind->name(), " have no loss");
}

}  // namespace mtnlp
