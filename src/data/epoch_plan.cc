#include "data/epoch_plan.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"

namespace mtnlp {
namespace {

std::vector<std::vector<uint32_t>> training_rows(const Dataset& dataset, const std::vector<Part>& parts) {
  std::vector<std::vector<uint32_t>> rows(dataset.sources.size());
  for (size_t id = 0; id < dataset.rows.size(); ++id)
    if (parts[id] == Part::kTrain) rows[dataset.rows[id].source].push_back(static_cast<uint32_t>(id));
  return rows;
}

size_t rows_per_step(const PlanOptions& options) {
  if (options.batch_size == 0 || options.grad_accumulation == 0)
    fail_input("batch size and gradient accumulation must be at least 1; found ", options.batch_size, " and ",
               options.grad_accumulation);
  return options.batch_size * options.grad_accumulation;
}

}  // namespace

std::vector<Step> plan_epoch(const Dataset& dataset, const std::vector<Part>& parts,
                             const PlanOptions& options, uint64_t epoch, const RowWeight& weight) {
  const size_t step_rows = rows_per_step(options);
  std::vector<Step> steps;
  auto rows = training_rows(dataset, parts);
  for (size_t source = 0; source < rows.size(); ++source) {
    KeyedRandom random(hash_key(options.seed, epoch, source));
    shuffle(rows[source], random);
    for (size_t begin = 0; begin < rows[source].size(); begin += step_rows) {
      Step step{static_cast<uint32_t>(source), {}, std::vector<double>(dataset.tasks.size())};
      const size_t end = std::min(rows[source].size(), begin + step_rows);
      for (size_t i = begin; i < end; ++i) {
        if ((i - begin) % options.batch_size == 0) step.micro_batches.emplace_back();
        const uint32_t id = rows[source][i];
        step.micro_batches.back().push_back(id);
        for (size_t task = 0; task < dataset.tasks.size(); ++task)
          if (const Target target = dataset.rows[id].targets[task]; !target.is_none())
            step.denominators[task] += weight ? weight(task, target) : 1;
      }
      steps.push_back(std::move(step));
    }
  }
  KeyedRandom random(hash_key(options.seed, epoch, rows.size()));
  shuffle(steps, random);
  return steps;
}

size_t steps_per_epoch(const Dataset& dataset, const std::vector<Part>& parts, const PlanOptions& options) {
  const size_t step_rows = rows_per_step(options);
  size_t steps = 0;
  for (const auto& rows : training_rows(dataset, parts)) steps += (rows.size() + step_rows - 1) / step_rows;
  return steps;
}

}  // namespace mtnlp
