#include "train/init_heads.h"

#include <algorithm>
#include <optional>

#include "base/field.h"
#include "base/printable.h"
#include "network/torch.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

std::vector<std::string> shown_all(const std::vector<std::string>& labels) {
  std::vector<std::string> list;
  for (const std::string& label : labels) list.push_back(shown(label));
  return list;
}

std::vector<std::string> without(const std::vector<std::string>& labels,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> rest = labels;
  std::erase_if(rest,
                [&](const std::string& label) { return std::ranges::find(others, label) != others.end(); });
  return rest;
}

/// Returns, for each output of the head of `task`, its place among those of `was`; none for a new one.
std::vector<std::optional<size_t>> places(const Task& task, const Task& was) {
  std::vector<std::optional<size_t>> list;
  for (size_t output = 0; output < outputs_of(task); ++output) {
    list.emplace_back(output);
    if (!task.kind->has_labels()) continue;
    const auto found = std::ranges::find(was.labels, task.labels[output]);
    if (found == was.labels.end())
      list.back().reset();
    else
      list.back() = static_cast<size_t>(found - was.labels.begin());
  }
  return list;
}

void copy_rows(const HeadWeights& from, const std::vector<std::optional<size_t>>& places, HeadImpl& head) {
  const torch::NoGradGuard no_grad;
  const auto dim = static_cast<size_t>(head.weight.size(1));
  for (size_t output = 0; output < places.size(); ++output) {
    if (!places[output]) continue;
    const auto row = static_cast<int64_t>(output);
    std::vector<float> values(from.weight.begin() + static_cast<ptrdiff_t>(*places[output] * dim),
                              from.weight.begin() + static_cast<ptrdiff_t>((*places[output] + 1) * dim));
    head.weight[row].copy_(torch::from_blob(values.data(), {static_cast<int64_t>(dim)}));
    head.bias[row].fill_(from.bias[*places[output]]);
  }
}

/// Returns how a task decides whose outputs were those of another one at `places`.
Decision decision_at(const Decision& was, const std::vector<std::optional<size_t>>& places) {
  const auto moved = [&](const std::vector<double>& values, double of_new) {
    std::vector<double> result;
    if (!values.empty())
      for (const auto& place : places) result.push_back(place ? values[*place] : of_new);
    return result;
  };
  return {was.temperature, moved(was.shift, 0), moved(was.thresholds, 0.5)};
}

void require_labels(const Task& task, const Task& was, const fs::path& folder, bool drop_labels) {
  if (task.kind != was.kind)
    fail_input(folder.string(), ": task ", task.name, " is of kind ", was.kind->name(), " there and of kind ",
               task.kind->name(), " here");
  const std::vector<std::string> gone = without(was.labels, task.labels);
  if (gone.empty() || drop_labels) return;
  fail_input(folder.string(), ": task ", task.name, " has the label", gone.size() > 1 ? "s " : " ",
             few_of(shown_all(gone)), ", which the data lack; ", field("labels"), " keeps them, ",
             field("drop_labels"), " gives them up");
}

std::string outcome(const Task& task, const Task& was) {
  std::string line = "task " + task.name + ": the head goes on from the checkpoint";
  const std::vector<std::string> added = without(task.labels, was.labels),
                                 gone = without(was.labels, task.labels);
  if (!added.empty()) line += "; new: " + few_of(shown_all(added));
  if (!gone.empty()) line += "; given up: " + few_of(shown_all(gone));
  return line;
}

}  // namespace

std::vector<std::string> take_heads(const fs::path& folder, const ModelSettings& from, bool drop_labels,
                                    Model& model) {
  const std::vector<HeadWeights> heads = read_heads(folder, from);
  std::vector<std::string> lines;
  for (size_t t = 0; t < model.settings.tasks.size(); ++t) {
    Task& task = model.settings.tasks[t];
    const auto was = std::ranges::find(from.tasks, task.name, &Task::name);
    if (was == from.tasks.end()) {
      lines.push_back("task " + task.name + ": is new, and so is its head");
      continue;
    }
    require_labels(task, *was, folder, drop_labels);
    const std::vector<std::optional<size_t>> of_outputs = places(task, *was);
    copy_rows(heads[static_cast<size_t>(was - from.tasks.begin())], of_outputs, *model.network->heads[t]);
    task.decision = decision_at(was->decision, of_outputs);
    task.scale = was->scale;
    lines.push_back(outcome(task, *was));
  }
  for (const std::string& name : without(task_names(from.tasks), task_names(model.settings.tasks)))
    lines.push_back("task " + name + " of the checkpoint is left out");
  if (from.modules.pooling == model.settings.modules.pooling) load_pooling(folder, *model.network->pooling);
  return lines;
}

std::vector<std::string> random_for_good(const ModelSettings& from, const std::vector<Task>& tasks,
                                         const FreezeSpec& freeze) {
  std::vector<std::string> warnings;
  for (const Task& task : tasks) {
    if (!freeze.all_heads && !freeze.heads.contains(task.name)) continue;
    const auto was = std::ranges::find(from.tasks, task.name, &Task::name);
    const std::string head = "task " + printable(task.name) + ": its head is frozen by " + field("freeze");
    if (was == from.tasks.end()) {
      warnings.push_back(head + " and new: it keeps its random weights");
      continue;
    }
    if (const std::vector<std::string> added = without(task.labels, was->labels); !added.empty())
      warnings.push_back(str(head, ", so the new label", added.size() > 1 ? "s keep" : " keeps",
                             " random weights: ", few_of(shown_all(added))));
  }
  return warnings;
}

}  // namespace mtnlp
