#include "data/epoch_plan.h"

#include <algorithm>
#include <numeric>
#include <span>

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

size_t steps_of_pass(size_t rows, size_t step_rows) {
  return (rows + step_rows - 1) / step_rows;
}

/// Returns the number of steps that each source has in an epoch.
std::vector<size_t> shares_of(const std::vector<std::vector<uint32_t>>& rows, const PlanOptions& options) {
  const size_t step_rows = rows_per_step(options);
  std::vector<size_t> counts, steps;
  for (const auto& of_source : rows) {
    counts.push_back(of_source.size());
    steps.push_back(steps_of_pass(of_source.size(), step_rows));
  }
  if (options.steps == 0 && options.mixing.temperature == 1) return steps;
  const size_t all = std::accumulate(steps.begin(), steps.end(), size_t{0});
  return share_steps(counts, options.steps > 0 ? options.steps : all, options.mixing.temperature);
}

/// Makes steps of the training rows of one data set.
class Planner {
 public:
  Planner(const Dataset& dataset, const PlanOptions& options, const RowWeight& weight)
      : dataset_(dataset), options_(options), weight_(weight), step_rows_(rows_per_step(options)) {}

  /// Adds to `steps` those numbered `first` to `last` - 1 of `source`, counted over all its passes. `rows` are
  /// its rows in order.
  void add_steps(size_t source, const std::vector<uint32_t>& rows, size_t first, size_t last,
                 std::vector<Step>& steps) const {
    const size_t in_pass = steps_of_pass(rows.size(), step_rows_);
    for (size_t number = first; number < last;) {
      const size_t pass = number / in_pass;
      std::vector<uint32_t> shuffled = rows;
      KeyedRandom random(hash_key(options_.seed, pass, source));
      shuffle(shuffled, random);
      for (; number < last && number / in_pass == pass; ++number) {
        const size_t begin = number % in_pass * step_rows_, end = std::min(rows.size(), begin + step_rows_);
        steps.push_back(make_step(source, std::span(shuffled).subspan(begin, end - begin)));
      }
    }
  }

 private:
  Step make_step(size_t source, std::span<const uint32_t> rows) const {
    Step step{static_cast<uint32_t>(source), {}, std::vector<double>(dataset_.tasks.size())};
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i % options_.batch_size == 0) step.micro_batches.emplace_back();
      step.micro_batches.back().push_back(rows[i]);
      for (size_t task = 0; task < dataset_.tasks.size(); ++task)
        if (const Target target = dataset_.rows[rows[i]].targets[task]; !target.is_none())
          step.denominators[task] += weight_ ? weight_(task, target) : 1;
    }
    return step;
  }

  const Dataset& dataset_;
  const PlanOptions& options_;
  const RowWeight& weight_;
  size_t step_rows_;
};

}  // namespace

std::vector<Step> plan_epoch(const Dataset& dataset, const std::vector<Part>& parts,
                             const PlanOptions& options, uint64_t epoch, const RowWeight& weight) {
  const Planner planner(dataset, options, weight);
  const auto rows = training_rows(dataset, parts);
  const std::vector<size_t> shares = shares_of(rows, options);
  std::vector<Step> steps;
  for (size_t source = 0; source < rows.size(); ++source)
    planner.add_steps(source, rows[source], epoch * shares[source], (epoch + 1) * shares[source], steps);
  if (options.mixing.sequential) return steps;
  KeyedRandom random(hash_key(options.seed, epoch, rows.size()));
  shuffle(steps, random);
  return steps;
}

size_t steps_per_epoch(const Dataset& dataset, const std::vector<Part>& parts, const PlanOptions& options) {
  const std::vector<size_t> shares = shares_of(training_rows(dataset, parts), options);
  return std::accumulate(shares.begin(), shares.end(), size_t{0});
}

}  // namespace mtnlp
