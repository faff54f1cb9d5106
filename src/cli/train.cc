#include <optional>

#include "base/signals.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/stored_options.h"
#include "cli/train_options.h"
#include "report/tables.h"
#include "train/run_state.h"

namespace mtnlp::cli {
namespace {

void print_scores(const TrainResult& result, const GlobalOptions& global) {
  if (!global.quiet)
    std::cout << metrics_table(result.tasks, result.test, "test part, best checkpoint") << std::flush;
}

void resume_train(const fs::path& folder, const GlobalOptions& global, const VerbTable& given) {
  RunFolder run = RunFolder::go_on(folder);
  const fs::path file = run.file("options.toml");
  const std::vector<StoredOption> options_of_run = read_options(file);
  if (options_of_run.empty())
    fail_input(file.string(), ": holds no options, without which a run cannot be resumed");
  using Stored = StoredVerb<TrainArguments>;
  const Stored stored(add_train, options_of_run, file), now(add_train, options_of_run, file, &given);
  const std::vector<std::string> free = names_in_run(now.verb(), InRun::kFree);
  require_same_options(identity(stored.verb()), identity(now.verb()), {}, false, free);
  TrainOptions options = resolve(now.arguments(), global.quiet);
  options.identity = identity(now.verb());
  options.defaults = identity(now.verb(), /*given=*/false);
  options.free_options = free;
  options.resume = run.path();
  require_threads(2 * options.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

  std::optional<ScopedLogFile> log;
  const auto take_run = [&] {
    run.remove_leftovers();
    log.emplace(run.file("train.log"), /*append=*/true);
    log_info("resuming run folder " + run.path().string());
    run.link_latest();
    return run;
  };
  print_scores(train(options, take_run), global);
}

/// Throws Error when `out`, which --overwrite removes, holds an input of the run.
void require_outside(const fs::path& out, const TrainOptions& options) {
  std::error_code error;
  const fs::path run = fs::weakly_canonical(out, error);
  std::vector<fs::path> inputs = {options.encoder};
  for (const auto* files : {&options.data.files, &options.data.validation, &options.data.test})
    for (const TaskFile& file : *files) inputs.emplace_back(file.file);
  for (const fs::path& input : inputs)
    if (const fs::path relative = fs::weakly_canonical(input, error).lexically_relative(run);
        !relative.empty() && *relative.begin() != "..")
      fail_input(input.string(), ": lies in ", out.string(), ", which --overwrite would remove");
}

void run_train(const TrainArguments& arguments, const GlobalOptions& global, VerbTable& verb) {
  require_utf8(verb);
  if (!arguments.resume.empty()) {
    if (!global.config.empty())
      fail_input("--resume cannot go with --config: a resumed run keeps the options in its own options.toml");
    return resume_train(arguments.resume, global, verb);
  }
  if (!global.config.empty()) take_options(verb, read_options(global.config), global.config);
  TrainOptions options = resolve(arguments, global.quiet);
  options.identity = identity(verb);
  const fs::path out = arguments.out;
  if (!out.empty()) RunFolder::require_free(out, arguments.overwrite);
  if (arguments.overwrite) require_outside(out, options);
  require_threads(2 * options.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

  std::optional<ScopedLogFile> log;
  const auto make_run = [&] {
    RunFolder run = out.empty() ? RunFolder::create_new() : RunFolder::create(out, arguments.overwrite);
    log.emplace(run.file("train.log"));
    log_info("run folder " + run.path().string());
    write_file_atomic(run.file("options.toml"), options_text(stored_options(verb)));
    run.link_latest();
    return run;
  };
  print_scores(train(options, make_run), global);
}

}  // namespace

Verb setup_train(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<TrainArguments>();
  VerbTable& verb = add_train(root, *arguments);
  return {verb.app, [arguments, &global, &verb] { run_train(*arguments, global, verb); }};
}

}  // namespace mtnlp::cli
