// Names of tasks and parts.
#include <algorithm>

#include "base/error.h"
#include "base/words.h"
#include "data/dataset.h"

namespace mtnlp {

std::vector<std::string> task_names(const std::vector<Task>& tasks) {
  std::vector<std::string> names;
  names.reserve(tasks.size());
  for (const Task& task : tasks) names.push_back(task.name);
  return names;
}

size_t require_task(const std::vector<Task>& tasks, const std::string& name, const std::string& option) {
  const std::vector<std::string> names = task_names(tasks);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail_input(option, ": unknown task \"", name, "\"; the tasks are: ", join(names),
               did_you_mean(name, names));
  return static_cast<size_t>(found - names.begin());
}

const char* part_name(Part part) {
  constexpr const char* kNames[] = {"train", "validation", "test"};
  return kNames[static_cast<size_t>(part)];
}

Part parse_part(const std::string& name) {
  for (const Part part : kParts)
    if (name == part_name(part)) return part;
  fail_input("unknown part \"", name, "\"; valid are: train, validation, test",
             did_you_mean(name, {"train", "validation", "test"}));
}

}  // namespace mtnlp
