#include "tasks/task.h"

#include <algorithm>

#include "base/error.h"
#include "base/printable.h"
#include "base/words.h"

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

std::vector<Task> undecided(std::vector<Task> tasks) {
  for (Task& task : tasks) task.decision = {};
  return tasks;
}

std::string task_cell(const std::string& task) {
  return shortened(printable(task), 60);
}

std::string class_name(const std::string& task, const std::string& label) {
  return task_cell(task) + " " + shortened(printable(label), 60);
}

}  // namespace mtnlp
