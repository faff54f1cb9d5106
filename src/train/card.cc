#include "train/card.h"

#include "tasks/class_weights.h"
#include "tasks/single_label.h"

namespace mtnlp {
namespace {

/// Returns the labels of a task with their rows in `training`.
std::vector<std::pair<std::string, size_t>> classes_of(const Task& task, std::span<const Target> training) {
  std::vector<std::pair<std::string, size_t>> classes;
  if (task.kind != &single_label()) return classes;
  const std::vector<double> rows = rows_of_classes(training, task.labels.size());
  for (size_t label = 0; label < rows.size(); ++label)
    classes.emplace_back(task.labels[label], static_cast<size_t>(rows[label]));
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
