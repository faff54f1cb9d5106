#include "tasks/task_metrics.h"

#include <limits>

namespace mtnlp {

double TaskMetrics::loss() const {
  return rows_ == 0 ? std::numeric_limits<double>::quiet_NaN() : loss_sum_ / static_cast<double>(rows_);
}

}  // namespace mtnlp
