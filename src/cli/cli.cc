#include "cli/cli.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <span>

#include "cli/describe.h"
#include "cli/option_groups.h"
#include "mtnlp/base/error.h"
#include "mtnlp/base/output.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/base/suggest.h"

namespace mtnlp::cli {
namespace {

constexpr const char* kAbout = "Trains and evaluates multi-task sentence transformers.";

LogLevel parse_level(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

int report(std::string message, ExitCode code) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "mtnlp: %s\n", message.c_str());
  return static_cast<int>(code);
}

/// The innermost verb of the command line, `app` itself when there is none.
const CLI::App* innermost(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

std::string unknown_verb(const CLI::App& verb, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* below : verb.get_subcommands(nullptr)) names.push_back(below->get_name());
  return str("unknown verb ", word, "; verbs are: ", join(names), did_you_mean(word, names));
}

std::string unknown_option(const CLI::App& verb, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return str("unknown option ", word, did_you_mean(word.substr(0, word.find('=')), names));
}

int report_parse_error(const CLI::App& app, const CLI::ParseError& error, std::span<char*> arguments) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
    return app.exit(error);  // --help, --version
  const CLI::App& verb = *innermost(&app);
  std::string message = error.what();
  if (!verb.get_subcommands(nullptr).empty()) {  // a verb is missing, or not understood
    auto word = arguments.begin();
    if (&verb != &app) word = std::ranges::find(arguments, verb.get_name());
    if (word != arguments.end()) ++word;
    if (word != arguments.end() && **word != '\0' && **word != '-') message = unknown_verb(verb, *word);
  } else if (const std::vector<std::string> extras = app.remaining(true); !extras.empty()) {
    // What is not understood tells more than what is missing because of it.
    if (extras.front().starts_with("-"))
      message = unknown_option(verb, extras.front());
    else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
      message = str("unexpected argument ", extras.front());
  }
  return report(str(message, "; see ", path_of(verb), " --help"), ExitCode::kUsage);
}

}  // namespace

LogOptions GlobalOptions::log() const {
  return {parse_level(log_level), quiet};
}

int run_mtnlp(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  CLI::App app{kAbout, "mtnlp"};
  GlobalOptions global;
  app.set_version_flag("--version", "mtnlp " MTNLP_VERSION);
  app.add_flag("--quiet", global.quiet, "No progress; only warnings and errors on the terminal")
      ->configurable(false);
  app.add_option("--log-level", global.log_level, "Least important messages shown")
      ->check(one_of({"debug", "info", "warning", "error"}))
      ->capture_default_str()
      ->configurable(false);
  app.add_option("--config", global.config, "Options of train, as options.toml of a run has them")
      ->type_name("FILE");
  app.fallthrough();
  app.formatter_fn([](const CLI::App* verb, const std::string&, CLI::AppFormatMode) {
    return help_text(describe(*verb));
  });
  app.require_subcommand(1);

  std::vector<Verb> verbs = {setup_train(app, global),    setup_eval(app, global),
                             setup_predict(app, global),  setup_embed(app, global),
                             setup_tokenize(app, global), setup_quantize(app, global)};
  std::ranges::move(setup_data(app, global), std::back_inserter(verbs));
  verbs.push_back(setup_info(app, global));
  verbs.push_back(setup_completion(app, global));
  verbs.push_back(setup_man(app, global));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error, {argv, static_cast<size_t>(argc)});
  }
  if (!global.config.empty() && !app.got_subcommand("train"))
    return report(str("--config is for train, not for ", innermost(&app)->get_name()), ExitCode::kUsage);
  try {
    init_logging(global.log());
    for (const Verb& verb : verbs)
      if (verb.app->parsed()) verb.run();
    OutputFile("-").commit();  // tables that nobody got are an error too
    return static_cast<int>(ExitCode::kDone);
  } catch (const Error& error) {
    return report(error.what(), error.code());
  } catch (const Stopped& stopped) {
    return 128 + stopped.signal;
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) return report("out of memory", ExitCode::kFailed);
    const std::string message = error.what();  // libtorch appends its call stack
    return report(message.substr(0, message.find('\n')), ExitCode::kFailed);
  }
}

}  // namespace mtnlp::cli
