// The command line: one file per verb. A verb is its CLI11 subcommand and what runs once that has been
// parsed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/option_table.h"

namespace mtnlp::cli {

/// Options of the executable itself, valid with every verb.
struct GlobalOptions {
  bool quiet = false;
  LogLevel log_level = LogLevel::kInfo;
  std::string config;  ///< options.toml of a run, for `train` alone; empty: none
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

/// The whole program: parses, runs one verb, turns every failure into one line on stderr and an exit code.
int run_mtnlp(int argc, char** argv);

}  // namespace mtnlp::cli
