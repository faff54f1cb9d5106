// How much each class counts in the loss of a task with one label of several.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "tasks/target.h"
#include "tasks/task.h"

namespace mtnlp {

/// A law of weights. With n rows of the class in the training part, which has N rows and C classes:
///   balanced   w = N / (C · n), as scikit-learn's "balanced"
///   sqrt       w = √balanced · N / Σ √balanced over the rows, between none and balanced
/// Both have the mean 1 over the rows, as none has. The weight of a class without rows is 0.
enum class ClassWeights { kNone, kBalanced, kSqrt };

/// The names of the laws, in the order of the enumerators.
const std::vector<std::string>& class_weights_names();

/// What a user says of the classes of all tasks.
struct ClassWeightOptions {
  ClassWeights usual = ClassWeights::kNone;          ///< of tasks that `of_task` does not name
  std::map<std::string, ClassWeights> of_task = {};  ///< task → its law
  std::map<std::string, double> of_label = {};  ///< "TASK:LABEL" → weight in place of the law's, 0 and more
};

/// The same for one task.
struct ClassWeighting {
  ClassWeights law = ClassWeights::kNone;
  std::map<size_t, double> of_class;  ///< class → weight in place of the law's
};

/// Returns how many of `targets` each class has; those that are none do not count.
std::vector<double> rows_of_classes(std::span<const Target> targets, size_t classes);

/// Returns what `options` say of each of `tasks`. Throws Error for a task or label that is not there.
std::vector<ClassWeighting> weighting_of(const std::vector<Task>& tasks, const ClassWeightOptions& options);

/// Returns the weights of the classes of `task`; empty: all ones. `training`: the targets of its training rows,
/// some of them none. Throws Error when no row would count.
std::vector<double> class_weights(const Task& task, const ClassWeighting& weighting,
                                  std::span<const Target> training);

}  // namespace mtnlp
