#include "data/strata_index.h"

#include <map>
#include <string_view>

namespace mtnlp {

StrataIndex::StrataIndex(const Dataset& dataset)
    : numbers_(dataset.tasks.size()), of_task_(dataset.tasks.size()) {
  std::map<std::string_view, size_t> by_name;
  for (size_t task = 0; task < dataset.tasks.size(); ++task) {
    by_name[dataset.tasks[task].name] = task;
    strata_.push_back(dataset.tasks[task].kind->strata(dataset.tasks[task], targets_of(dataset, task)));
  }
  for (const auto& [name, task] : by_name) {
    std::map<std::string_view, size_t> own;
    for (size_t place = 0; place < names(task).size(); ++place) own[names(task)[place]] = place;
    numbers_[task].resize(own.size());
    for (const auto& [stratum, place] : own) numbers_[task][place] = size_++;
  }
  for (const auto& [name, task] : by_name) of_task_[task] = size_++;
}

}  // namespace mtnlp
