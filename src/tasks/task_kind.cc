#include "tasks/task_kind.h"

#include <algorithm>

#include "base/error.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/multi_label.h"
#include "tasks/regression.h"
#include "tasks/single_label.h"

namespace mtnlp {

const std::vector<const TaskKind*>& task_kinds() {
  static const std::vector<const TaskKind*> kKinds = {&single_label(), &multi_label(), &regression()};
  return kKinds;
}

const TaskKind& default_task_kind() {
  return *task_kinds().front();
}

const TaskKind& find_task_kind(const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (const TaskKind* kind : task_kinds()) {
    if (kind->name() == name) return *kind;
    names.push_back(kind->name());
  }
  fail_input(where, ": the kind of task ", shown(name), " is not known; valid are: ", join(names),
             did_you_mean(name, names));
}

const char* cell_name(Cell cell) {
  constexpr const char* kNames[] = {"a string",  "absent", "null",     "a number",
                                    "a boolean", "a list", "an object"};
  return kNames[static_cast<size_t>(cell)];
}

AllMetrics make_metrics(const std::vector<Task>& tasks) {
  AllMetrics metrics;
  for (const Task& task : tasks) metrics.push_back(task.kind->make_metrics(task));
  return metrics;
}

}  // namespace mtnlp
