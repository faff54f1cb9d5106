// A task: its name, its kind, and what the kind knows of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tasks/decision.h"

namespace mtnlp {

class TaskKind;

/// Returns the kind of a task that names none: one label of several (tasks/single_label.h).
const TaskKind& default_task_kind();

/// What the outputs of a task of numbers mean: how many deviations a number is above the mean.
struct Scale {
  double mean = 0;
  double deviation = 1;  ///< above 0
  bool operator==(const Scale&) const = default;
};

struct Task {
  std::string name;
  /// Class index → label: those of the --task files sorted by bytes, or as DatasetOptions::labels says. White
  /// space around a label does not count. Empty for a kind without labels.
  std::vector<std::string> labels = {};
  const TaskKind* kind = &default_task_kind();  ///< one of task_kinds()
  Decision decision = {};                       ///< how outputs become an answer, for a kind of logits
  std::optional<Scale> scale = {};              ///< of a kind of numbers; none until TaskKind::learn
};

std::vector<std::string> task_names(const std::vector<Task>& tasks);
/// Returns the index of the task that `option` names; throws Error with those there are.
size_t require_task(const std::vector<Task>& tasks, const std::string& name, const std::string& option);

/// Returns `tasks` without their decisions, which losses and the figures of an epoch leave out.
std::vector<Task> undecided(std::vector<Task> tasks);

/// So many classes are shown one by one: in a confusion matrix, in the rows of a table.
inline constexpr size_t kMostClasses = 50;

/// Returns the name of a task in a table: a long one is shortened.
std::string task_cell(const std::string& task);
/// Returns "TASK LABEL", the name of a class in a table: long names are shortened.
std::string class_name(const std::string& task, const std::string& label);

}  // namespace mtnlp
