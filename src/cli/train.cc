#include "cli/train.h"

#include <optional>

#include "base/output.h"
#include "base/signals.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/folds.h"
#include "cli/stored_options.h"
#include "cli/train_command.h"
#include "cli/train_options.h"
#include "cli/train_results.h"
#include "report/tables.h"
#include "run/run_paths.h"
#include "train/libtorch.h"

namespace mtnlp::cli {
namespace {

/// Gives the results of the training in `run`.
void give_results(const TrainResult& result, const fs::path& run, const std::string& json,
                  const GlobalOptions& global) {
  if (!global.quiet && json != "-" && !result.test.empty())
    std::cout << metrics_table(result.tasks, result.test, "test part, best checkpoint") << std::flush;
  if (!json.empty()) write_json(json, results_json(result));
  if (result.done) log_info(report_line(run));
}

/// Prints what a training with `options` would do; `verb` holds them as they will be stored.
void print_dry_run(const TrainOptions& options, const VerbTable& verb, const Libtorch& libtorch) {
  const Outline outline = libtorch.dry_run(options);
  std::cout << options_text(stored_options(verb)) << outline_text(outline, options.plan.epochs) << std::flush;
}

/// Takes what `given` says of this start.
void take_start(const RunArguments& given, TrainOptions& options) {
  options.stop_after = given.stop_after;
  options.score_test = !given.no_test;
  options.machine.share = given.share;
}

/// Throws Error when `out`, which --overwrite removes, holds an input of the run.
void require_outside(const fs::path& out, const TrainOptions& options) {
  std::error_code error;
  const fs::path run = fs::weakly_canonical(out, error);
  std::vector<fs::path> inputs = {options.start.encoder};
  if (options.soft.teacher) inputs.push_back(options.soft.teacher->path());
  inputs.insert(inputs.end(), options.soft.texts.begin(), options.soft.texts.end());
  for (const auto* files :
       {&options.data.files, &options.data.validation, &options.data.test, &options.soft.files})
    for (const TaskFile& file : *files) inputs.emplace_back(file.file);
  for (const fs::path& input : inputs)
    if (const fs::path relative = fs::weakly_canonical(input, error).lexically_relative(run);
        !relative.empty() && *relative.begin() != "..")
      fail_input(input.string(), ": lies in ", out.string(), ", which --overwrite would remove");
}

/// Trains a run for each fold, or goes on with them.
void run_k_fold(const TrainArguments& arguments, const GlobalOptions& global, const VerbTable& verb) {
  const RunArguments& start = arguments.run;
  const bool goes_on = !start.resume.empty();
  require_utf8(verb);
  require_fitting(verb);
  if (!start.json.empty()) check_output(start.json);
  if (!global.catch_signals)
    fail_input(
        "--k-fold starts processes of the executable mtnlp, which a program that has mtnlp inside is not");
  if (goes_on && start.dry_run) fail_input("--dry-run is of a run; ", start.resume, " holds several");
  if (goes_on) refuse_options_of_runs(verb);
  if (!goes_on && start.out.empty())
    fail_input("--k-fold needs --out DIR, the folder for the runs of the folds");
  require_threads(2 * arguments.train.machine.threads);
  if (start.dry_run)
    return print_dry_run(resolve(arguments, global.quiet, Fold{1, *arguments.folds}), verb, *global.libtorch);
  catch_stop_signals();
  if (!goes_on) start_folds(start.out, *arguments.folds, arguments, verb, global);
  finish_k_fold(goes_on ? start.resume : start.out, arguments.train.machine, start.json, global);
}

void run_train(const TrainArguments& arguments, const GlobalOptions& global, VerbTable& verb) {
  const std::string& resume = arguments.run.resume;
  if (!resume.empty() && !global.config.empty())
    fail_input("--resume cannot go with --config: a resumed run keeps the options in its own options.toml");
  if (!global.config.empty()) take_options(verb, read_options(global.config), global.config);
  if (arguments.folds || (!resume.empty() && is_folds(resume))) return run_k_fold(arguments, global, verb);
  if (!resume.empty()) return resume_train(arguments.run, global, verb);
  start_train(arguments, global, verb);
}

}  // namespace

void resume_train(const RunArguments& start, const GlobalOptions& global, const VerbTable& given) {
  require_utf8(given);
  if (!start.json.empty()) check_output(start.json);
  ResumedVerb<TrainArguments> resumed(add_train, start.resume, given, "train");
  TrainOptions options = resolve(resumed.arguments(), global.quiet);
  options.resume = resumed.resume();
  take_start(start, options);
  require_threads(2 * options.machine.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

  if (start.dry_run) return print_dry_run(options, resumed.verb(), *global.libtorch);
  const auto take_run = [&] {
    RunFolder run = resumed.take();
    run.link_latest();
    return run;
  };
  give_results(global.libtorch->train(options, take_run), options.resume.run, start.json, global);
}

void start_train(const TrainArguments& arguments, const GlobalOptions& global, const VerbTable& verb) {
  const RunArguments& start = arguments.run;
  require_utf8(verb);
  require_fitting(verb);
  if (!start.json.empty()) check_output(start.json);
  TrainOptions options = resolve(arguments, global.quiet);
  options.resume.identity = identity(verb);
  take_start(start, options);
  const fs::path out = start.out;
  if (!out.empty()) RunFolder::require_free(out, start.overwrite);
  if (start.overwrite) require_outside(out, options);
  require_threads(2 * options.machine.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

  if (start.dry_run) return print_dry_run(options, verb, *global.libtorch);
  std::optional<ScopedLogFile> log;
  fs::path folder;
  const auto make_run = [&] {
    RunFolder run = out.empty() ? RunFolder::create_new() : RunFolder::create(out, start.overwrite);
    folder = run.path();
    log.emplace(run.file("train.log"));
    log_info("run folder " + run.path().string());
    write_file_atomic(run.file("options.toml"), options_text(stored_options(verb)));
    run.link_latest();
    return run;
  };
  const TrainResult result = global.libtorch->train(options, make_run);
  give_results(result, folder, start.json, global);
}

Verb setup_train(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<TrainArguments>();
  VerbTable& verb = add_train(root, *arguments);
  return {verb.app, [arguments, &global, &verb] { run_train(*arguments, global, verb); },
          [] { return true; }};
}

}  // namespace mtnlp::cli
