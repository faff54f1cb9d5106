// The command line: one file per verb. A verb is its CLI11 subcommand and what runs once that has been
// parsed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/log.h"

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
  std::string log_level = "info";
  bool catch_signals = true;  ///< a stop signal ends `train` in an orderly way; it has no option
  std::string config;         ///< options.toml of a run, for `train` alone; empty: none
  LogOptions log() const;
};

struct Verb {
  CLI::App* app;
  std::function<void()> run;
};

Verb setup_train(CLI::App& app, const GlobalOptions& global);
Verb setup_eval(CLI::App& app, const GlobalOptions& global);
Verb setup_predict(CLI::App& app, const GlobalOptions& global);
Verb setup_embed(CLI::App& app, const GlobalOptions& global);
Verb setup_tokenize(CLI::App& app, const GlobalOptions& global);
std::vector<Verb> setup_data(CLI::App& app, const GlobalOptions& global);  ///< data check, data split
Verb setup_info(CLI::App& app, const GlobalOptions& global);
Verb setup_completion(CLI::App& app, const GlobalOptions& global);
Verb setup_man(CLI::App& app, const GlobalOptions& global);
Verb setup_quantize(CLI::App& app, const GlobalOptions& global);

/// Returns what is wrong in our words, not in those of CLI11.
std::string problem_of(const CLI::ParseError& error);

/// Runs `mtnlp train` with these arguments inside another program: it prints nothing, leaves signals alone and
/// does not set up logging. Throws Error.
void train_quietly(const std::vector<std::string>& arguments);

/// The whole program: parses, runs one verb, turns every failure into one line on stderr and an exit code.
int run_mtnlp(int argc, char** argv);

}  // namespace mtnlp::cli
