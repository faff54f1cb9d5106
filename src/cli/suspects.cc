#include "eval/suspects.h"

#include <algorithm>
#include <iostream>

#include "base/output.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/folds.h"
#include "cli/stored_options.h"
#include "cli/train_options.h"
#include "report/tables.h"
#include "tasks/prediction.h"
#include "tasks/single_label.h"

namespace mtnlp::cli {
namespace {

struct SuspectsArguments {
  TrainArguments train;
  size_t folds = 5;
  std::string out, runs, resume;
};

void require_single_label(const std::string& task, const TaskKind* kind) {
  if (kind != nullptr && kind != &single_label())
    fail_input("task ", shown(task), " is ", kind->name(),
               "; suspects are found where each row has one label of several");
}

/// Returns the rows of all tasks in one list, and prints how many of each task are confident suspects.
std::vector<Suspect> rank_tasks(const std::vector<Task>& tasks, const std::vector<HeldOutRows>& rows,
                                bool quiet) {
  std::vector<Suspect> all;
  std::vector<std::vector<std::string>> table = {{"task", "labels", "confident suspects"}};
  for (size_t task = 0; task < tasks.size(); ++task) {
    std::vector<Suspect> own = rank_suspects(rows[task]);
    table.push_back({task_cell(tasks[task].name), str(own.size()),
                     str(std::ranges::count(own, true, &Suspect::confident))});
    for (Suspect& suspect : own) suspect.task = task;
    all.insert(all.end(), own.begin(), own.end());
  }
  std::ranges::stable_sort(all, {}, &Suspect::given_probability);
  if (!quiet) std::cout << align_table(table) << std::flush;
  return all;
}

void run_suspects(const SuspectsArguments& arguments, const GlobalOptions& global, const VerbTable& verb) {
  check_output(arguments.out);
  const MachineOptions& machine = arguments.train.train.machine;
  const bool goes_on = !arguments.resume.empty();
  const std::string runs = goes_on                  ? arguments.resume
                           : arguments.runs.empty() ? arguments.out + ".folds"
                                                    : arguments.runs;
  catch_stop_signals();
  if (goes_on) {
    refuse_options_of_runs(verb);
  } else {
    require_utf8(verb);
    for (const TaskFile& file : arguments.train.data.dataset_options().files)
      require_single_label(file.task, file.kind);
    require_fitting(verb);
    start_folds(runs, arguments.folds, arguments.train, verb, global);
  }
  const FoldRuns folds = train_folds(runs, words_of);
  std::vector<HeldOutRows> rows;
  const OutOfFold scored = score_folds(
      folds.runs, machine, global,
      [&](size_t index, const Task& task, uint32_t row, Target target, std::span<const float> outputs) {
        require_single_label(task.name, task.kind);
        rows.resize(std::max(rows.size(), index + 1));
        rows[index].add(row, class_of(target), probabilities(outputs));
      });
  rows.resize(scored.tasks.size());
  const std::vector<Suspect> suspects = rank_tasks(scored.tasks, rows, global.quiet);
  OutputFile out(arguments.out);
  write_suspects(out.stream(), scored.dataset, suspects);
  out.commit();
  log_info(str("the least probable labels first: ", arguments.out, "; the runs of the folds: ", runs));
}

void add_own(VerbTable& verb, SuspectsArguments& arguments) {
  const OptionGroup group(verb, "Suspects");
  OptionRow& folds = group.number("--folds", arguments.folds, {2, kMostFolds},
                                  "Folds of the rows; each is scored by a run that is trained on the others");
  OptionRow& out =
      group.text("--out", arguments.out, "FILE",
                 "CSV file for the labelled rows, those with the least probable label first: rank, task, "
                 "file, line, text, label, suggested, probability, suggested_probability, confident");
  out.require();
  OptionRow& runs = group.text(
      "--runs", arguments.runs, "DIR",
      "Folder for the runs of the folds, which must not exist or be empty [FILE of --out with .folds "
      "behind it]");
  OptionRow& resume =
      group.text("--resume", arguments.resume, "DIR",
                 "Folder of folds that were begun, by this verb or by train --k-fold: those that "
                 "are not trained yet are, with the options that it holds");
  resume.parsed->excludes(runs.parsed)->excludes(folds.parsed);
  for (OptionRow* row : {&folds, &out, &runs, &resume}) row->in_run = InRun::kAbsent;
}

}  // namespace

Verb setup_suspects(VerbTable& data, const GlobalOptions& global) {
  auto arguments = std::make_shared<SuspectsArguments>();
  VerbTable& verb = add_verb(data, "suspects",
                             "Rank rows by how improbable their label is for models that have not seen them");
  add_own(verb, *arguments);
  add_train_options(verb, arguments->train, {});
  for (OptionRow& row : verb.options)
    if (row.in_run == InRun::kFree) row.in_run = InRun::kShapesResult;  // --resume takes none of them
  return {verb.app, [arguments, &global, &verb] { run_suspects(*arguments, global, verb); },
          [] { return true; }};
}

}  // namespace mtnlp::cli
