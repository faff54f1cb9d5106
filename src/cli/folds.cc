#include "cli/folds.h"

#include <iostream>

#include "base/signals.h"
#include "cli/rows_to_score.h"
#include "cli/stored_options.h"
#include "data/encoded_rows.h"
#include "eval/evaluator.h"
#include "report/tables.h"
#include "sweep/run_figures.h"
#include "sweep/work_folder.h"
#include "tasks/task_kind.h"
#include "train/libtorch.h"

namespace mtnlp::cli {
namespace {

/// Adds a share of the thresholds of a task to those of `all`, whose task has none yet or as many.
void add_thresholds(const Decision& own, double share, Decision& all) {
  all.thresholds.resize(own.thresholds.size());
  for (size_t i = 0; i < own.thresholds.size(); ++i) all.thresholds[i] += share * own.thresholds[i];
}

/// The rows of one fold, as its run has them.
struct ScoredFold {
  Dataset dataset;
  std::vector<Task> tasks;
  AllMetrics metrics;
};

ScoredFold score_fold(const fs::path& run, const MachineOptions& machine, const GlobalOptions& global,
                      const SeeHeldOut& see) {
  ComputeArguments compute;
  compute.threads = machine.threads;
  compute.device = machine.device;
  const ModelFolder held = resolve_model(run);
  const Predictor predictor = load(held.path(), {}, compute, global, /*need_heads=*/true);
  const ModelSettings& model = predictor.settings();
  RowsToScore data = rows_of_run(run.string(), held.path(), Part::kTest, model);
  const EncodedRows encoded = encode_to_score(data.dataset, model, compute.threads);
  AllMetrics metrics = evaluate(predictor.embedder(), predictor.heads(), model.tasks, encoded, data.rows,
                                nullptr, [&](size_t task, uint32_t row, std::span<const float> outputs) {
                                  if (see)
                                    see(task, model.tasks[task], row, encoded.target(row, task), outputs);
                                });
  return {std::move(data.dataset), model.tasks, std::move(metrics)};
}

}  // namespace

void start_folds(const fs::path& folder, size_t folds, const TrainArguments& arguments, const VerbTable& verb,
                 const GlobalOptions& global) {
  const TrainOptions options = resolve(arguments, global.quiet, Fold{1, folds});
  require_free_folder(folder);
  global.libtorch->dry_run(options);
  create_folds(folder, folds, options_text(stored_options(verb)));
}

void refuse_options_of_runs(const VerbTable& verb) {
  for (const OptionRow& row : verb.options)
    if (row.in_run != InRun::kAbsent && row.parsed->count() > 0)
      fail_input(row.name(), " cannot be given with --resume of folds, whose options.toml holds");
}

OutOfFold score_folds(std::span<const fs::path> runs, const MachineOptions& machine,
                      const GlobalOptions& global, const SeeHeldOut& see) {
  std::vector<ScoredFold> folds;
  for (const fs::path& run : runs) {
    throw_if_stopped();
    folds.push_back(score_fold(run, machine, global, see));
    if (folds.size() > 1) folds.back().dataset = {};  // that of the first serves all
  }
  OutOfFold all{std::move(folds[0].dataset), undecided(folds[0].tasks), {}};
  for (size_t task = 0; task < all.tasks.size(); ++task) {
    for (const ScoredFold& fold : folds)
      add_thresholds(fold.tasks[task].decision, 1 / static_cast<double>(folds.size()),
                     all.tasks[task].decision);
    all.metrics.push_back(all.tasks[task].kind->make_metrics(all.tasks[task]));
    for (const ScoredFold& fold : folds) all.metrics[task]->add_rows(*fold.metrics[task]);
  }
  return all;
}

void finish_k_fold(const fs::path& folder, const MachineOptions& machine, const std::string& json,
                   const GlobalOptions& global) {
  const FoldRuns folds = train_folds(folder, words_of);
  const OutOfFold all = score_folds(folds.runs, machine, global);
  RunFigures over_folds;
  for (const fs::path& results : folds.results) over_folds.add(read_json(results));
  OrderedJson figures = {{"folds", folds.runs.size()}};
  figures.update(metrics_json(all.tasks, all.metrics));
  figures["over_folds"] = over_folds.to_json();
  write_file_atomic(folder / "test.json", figures.dump(2) + "\n");
  if (!json.empty()) write_json(json, figures);
  if (global.quiet || json == "-") return;
  std::cout << metrics_table(all.tasks, all.metrics, str("out of fold, ", folds.runs.size(), " folds"))
            << "\nmean over the folds:\n"
            << over_folds.text() << std::flush;
}

}  // namespace mtnlp::cli
