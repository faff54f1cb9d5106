#include <optional>

#include "base/output.h"
#include "base/signals.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/stored_options.h"
#include "cli/train_options.h"
#include "cli/train_results.h"
#include "report/tables.h"
#include "train/run_state.h"

namespace mtnlp::cli {
namespace {

void give_results(const TrainResult& result, const std::string& json, const GlobalOptions& global) {
  if (!global.quiet && json != "-" && !result.test.empty())
    std::cout << metrics_table(result.tasks, result.test, "test part, best checkpoint") << std::flush;
  if (!json.empty()) write_json(json, results_json(result));
}

/// Prints what a training with `options` would do; `verb` holds them as they will be stored.
void print_dry_run(const TrainOptions& options, const VerbTable& verb) {
  const Outline outline = dry_run(options);
  std::cout << options_text(stored_options(verb)) << outline_text(outline, options.plan.epochs) << std::flush;
}

void resume_train(const TrainArguments& arguments, const GlobalOptions& global, const VerbTable& given) {
  const fs::path folder = arguments.resume;
  RunFolder run = RunFolder::go_on(folder);
  const fs::path file = run.file("options.toml");
  const std::vector<StoredOption> options_of_run = read_options(file);
  if (options_of_run.empty())
    fail_input(file.string(), ": holds no options, without which a run cannot be resumed");
  using Stored = StoredVerb<TrainArguments>;
  const Stored stored(add_train, options_of_run, file), now(add_train, options_of_run, file, &given);
  const std::vector<std::string> free = names_in_run(now.verb(), InRun::kFree);
  require_same_options(identity(stored.verb()), identity(now.verb()), {}, free);
  TrainOptions options = resolve(now.arguments(), global.quiet);
  options.resume.identity = identity(now.verb());
  options.resume.defaults = identity(now.verb(), /*given=*/false);
  options.resume.free = free;
  options.resume.run = run.path();
  options.stop_after = arguments.train.stop_after;
  options.score_test = !arguments.no_test;
  options.machine.share = arguments.share;
  require_threads(2 * options.machine.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

  if (arguments.dry_run) return print_dry_run(options, now.verb());
  std::optional<ScopedLogFile> log;
  const auto take_run = [&] {
    run.remove_leftovers();
    log.emplace(run.file("train.log"), /*append=*/true);
    log_info("resuming run folder " + run.path().string());
    run.link_latest();
    return run;
  };
  give_results(train(options, take_run), arguments.json, global);
}

/// Throws Error when `out`, which --overwrite removes, holds an input of the run.
void require_outside(const fs::path& out, const TrainOptions& options) {
  std::error_code error;
  const fs::path run = fs::weakly_canonical(out, error);
  std::vector<fs::path> inputs = {options.start.encoder};
  for (const auto* files :
       {&options.data.files, &options.data.validation, &options.data.test, &options.soft.files})
    for (const TaskFile& file : *files) inputs.emplace_back(file.file);
  for (const fs::path& input : inputs)
    if (const fs::path relative = fs::weakly_canonical(input, error).lexically_relative(run);
        !relative.empty() && *relative.begin() != "..")
      fail_input(input.string(), ": lies in ", out.string(), ", which --overwrite would remove");
}

void run_train(const TrainArguments& arguments, const GlobalOptions& global, VerbTable& verb) {
  require_utf8(verb);
  if (!arguments.json.empty()) check_output(arguments.json);
  if (!arguments.resume.empty()) {
    if (!global.config.empty())
      fail_input("--resume cannot go with --config: a resumed run keeps the options in its own options.toml");
    return resume_train(arguments, global, verb);
  }
  if (!global.config.empty()) take_options(verb, read_options(global.config), global.config);
  TrainOptions options = resolve(arguments, global.quiet);
  options.resume.identity = identity(verb);
  const fs::path out = arguments.out;
  if (!out.empty()) RunFolder::require_free(out, arguments.overwrite);
  if (arguments.overwrite) require_outside(out, options);
  require_threads(2 * options.machine.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

  if (arguments.dry_run) return print_dry_run(options, verb);
  std::optional<ScopedLogFile> log;
  const auto make_run = [&] {
    RunFolder run = out.empty() ? RunFolder::create_new() : RunFolder::create(out, arguments.overwrite);
    log.emplace(run.file("train.log"));
    log_info("run folder " + run.path().string());
    write_file_atomic(run.file("options.toml"), options_text(stored_options(verb)));
    run.link_latest();
    return run;
  };
  give_results(train(options, make_run), arguments.json, global);
}

}  // namespace

Verb setup_train(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<TrainArguments>();
  VerbTable& verb = add_train(root, *arguments);
  return {verb.app, [arguments, &global, &verb] { run_train(*arguments, global, verb); }};
}

}  // namespace mtnlp::cli
