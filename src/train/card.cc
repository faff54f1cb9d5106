#include "train/card.h"

#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// Returns the labels of a task with their rows in `training`; none for a kind without labels.
std::vector<std::pair<std::string, size_t>> classes_of(const Task& task, std::span<const Target> training) {
  std::vector<std::pair<std::string, size_t>> classes;
  if (!task.kind->has_labels()) return classes;
  const Strata labels = task.kind->strata(task, training);
  for (const std::string& name : labels.names) classes.emplace_back(name, 0);
  for (const Target& target : training)
    if (!target.is_none())
      for (const size_t label : labels.of(target)) ++classes[label].second;
  return classes;
}

}  // namespace

CardFacts card_facts(const TrainingData& data) {
  CardFacts facts;
  const Dataset& dataset = data.dataset;
  for (const Source& source : dataset.sources)
    facts.files.push_back({fs::path(source.file).filename().string(), source.checksum});
  for (const DatasetRow& row : dataset.rows) ++facts.files[row.source].rows;
  for (size_t task = 0; task < dataset.tasks.size(); ++task) {
    facts.rows.push_back(data.labelled(task));
    std::vector<Target> training;
    for (const uint32_t row : data.of(Part::kTrain)) training.push_back(data.encoded.target(row, task));
    facts.classes.push_back(classes_of(dataset.tasks[task], training));
  }
  return facts;
}

}  // namespace mtnlp
