// The verbs of the command line: one file each.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/command_line.h"
#include "cli/option_table.h"

namespace mtnlp::cli {

/// Options that every verb takes.
struct GlobalOptions {
  bool quiet = false;                    ///< print warnings, errors and asked-for output only
  LogLevel log_level = LogLevel::kInfo;  ///< lowest level that is printed
  bool catch_signals = true;             ///< a stop signal ends `train` in an orderly way; it has no option
  std::string config;                    ///< file with options of `train`, which alone takes it; empty: none
  const Libtorch* libtorch = nullptr;    ///< null: verbs that need it run in mtnlp-train; no option
};

/// A subcommand of CLI11, and what runs it after parsing.
struct Verb {
  CLI::App* app;
  std::function<void()> run;
  std::function<bool()> needs_libtorch = [] { return false; };  ///< after parsing
};

/// Each adds its verb below `root`. `global` must outlive the result, and is filled by parsing.
Verb setup_train(VerbTable& root, const GlobalOptions& global);
Verb setup_distill(VerbTable& root, const GlobalOptions& global);
Verb setup_sweep(VerbTable& root, const GlobalOptions& global);
Verb setup_adapt(VerbTable& root, const GlobalOptions& global);
Verb setup_vocabulary(VerbTable& root, const GlobalOptions& global);
Verb setup_eval(VerbTable& root, const GlobalOptions& global);
Verb setup_compare(VerbTable& root, const GlobalOptions& global);
Verb setup_predict(VerbTable& root, const GlobalOptions& global);
Verb setup_embed(VerbTable& root, const GlobalOptions& global);
Verb setup_tokenize(VerbTable& root, const GlobalOptions& global);
std::vector<Verb> setup_data(VerbTable& root, const GlobalOptions& global);  ///< data check, split, suspects
Verb setup_suspects(VerbTable& data, const GlobalOptions& global);           ///< data suspects
Verb setup_info(VerbTable& root, const GlobalOptions& global);
Verb setup_report(VerbTable& root, const GlobalOptions& global);
Verb setup_chart(VerbTable& root, const GlobalOptions& global);
Verb setup_completion(VerbTable& root, const GlobalOptions& global);
Verb setup_man(VerbTable& root, const GlobalOptions& global);
Verb setup_quantize(VerbTable& root, const GlobalOptions& global);

/// Returns the error message for `error`, in our words instead of CLI11's.
std::string problem_of(const CLI::ParseError& error);

}  // namespace mtnlp::cli
