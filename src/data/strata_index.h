// The strata of all tasks of a data set, numbered for the split.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tasks/task_kind.h"

namespace mtnlp {

/// Numbers the strata of all tasks and then the tasks themselves, by name, so that sums and ties do not depend
/// on the order of the options.
class StrataIndex {
 public:
  explicit StrataIndex(const Dataset& dataset);

  size_t size() const { return size_; }
  /// Returns the names of the strata of a task, in its own order.
  const std::vector<std::string>& names(size_t task) const { return strata_[task].names; }
  /// Returns the number of stratum `place` of names(task).
  size_t number(size_t task, size_t place) const { return numbers_[task][place]; }
  /// Returns the number of a task, which stands for all its labelled rows.
  size_t of_task(size_t task) const { return of_task_[task]; }
  /// Calls body(number) for each stratum of `target`, which is not none.
  template <typename Body>
  void for_strata(size_t task, Target target, const Body& body) const {
    for (const size_t place : strata_[task].of(target)) body(number(task, place));
  }

 private:
  std::vector<Strata> strata_;
  std::vector<std::vector<size_t>> numbers_;
  std::vector<size_t> of_task_;
  size_t size_ = 0;
};

}  // namespace mtnlp
