// The command line: one file per verb. A verb is its CLI11 subcommand and what runs once that has been
// parsed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/option_table.h"

namespace mtnlp::cli {

/// Exit codes of the executable. 128 + signal is used when a signal ended the run.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,  ///< the machine failed us
  kUsage = 2,   ///< the input or the command line is wrong
};

/// Options of the executable itself, valid with every verb.
struct GlobalOptions {
  bool quiet = false;
  LogLevel log_level = LogLevel::kInfo;
  bool catch_signals = true;  ///< a stop signal ends `train` in an orderly way; it has no option
  std::string config;         ///< options.toml of a run, for `train` alone; empty: none
};

struct Verb {
  CLI::App* app;
  std::function<void()> run;
};

Verb setup_train(VerbTable& root, const GlobalOptions& global);
Verb setup_eval(VerbTable& root, const GlobalOptions& global);
Verb setup_predict(VerbTable& root, const GlobalOptions& global);
Verb setup_embed(VerbTable& root, const GlobalOptions& global);
Verb setup_tokenize(VerbTable& root, const GlobalOptions& global);
std::vector<Verb> setup_data(VerbTable& root, const GlobalOptions& global);  ///< data check, data split
Verb setup_info(VerbTable& root, const GlobalOptions& global);
Verb setup_completion(VerbTable& root, const GlobalOptions& global);
Verb setup_man(VerbTable& root, const GlobalOptions& global);
Verb setup_quantize(VerbTable& root, const GlobalOptions& global);

/// Returns what is wrong in our words, not in those of CLI11.
std::string problem_of(const CLI::ParseError& error);

/// Runs `mtnlp train` with these arguments inside another program: it prints nothing, leaves signals alone and
/// does not set up logging. Throws Error.
void train_quietly(const std::vector<std::string>& arguments);

/// The whole program: parses, runs one verb, turns every failure into one line on stderr and an exit code.
int run_mtnlp(int argc, char** argv);

}  // namespace mtnlp::cli
