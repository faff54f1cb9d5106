#include "cli/cli.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "mtnlp/base/error.h"
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

/// Every word that could stand where `word` was not understood: verbs, or options of the chosen verb.
std::vector<std::string> valid_words(const CLI::App& app, const std::string& word) {
  std::vector<std::string> words;
  const auto add_options = [&](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  };
  if (word.starts_with("-")) {
    add_options(app);
    for (const CLI::App* verb : app.get_subcommands()) add_options(*verb);
  } else {
    for (const CLI::App* verb : app.get_subcommands(nullptr)) words.push_back(verb->get_name());
  }
  return words;
}

/// `first` is the first word of the command line, "" when there is none.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error, const std::string& first) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
    return app.exit(error);  // --help, --version
  std::string message = error.what();
  if (app.get_subcommands().empty() && !first.empty() && !first.starts_with("-"))
    message = str("unknown verb ", first, did_you_mean(first, valid_words(app, first)));
  else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    if (const std::vector<std::string> extras = app.remaining(true); !extras.empty()) {
      const bool option = extras.front().starts_with("-");
      message = str(option                          ? "unknown option "
                    : app.get_subcommands().empty() ? "unknown verb "
                                                    : "unexpected argument ",
                    extras.front(), did_you_mean(extras.front(), valid_words(app, extras.front())));
    }
  return report(message + "; see mtnlp --help", ExitCode::kUsage);
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
  app.add_option("--log-level", global.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str()
      ->configurable(false);
  app.set_config("--config", "", "Options of a run, as its options.toml has them")->configurable(false);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.fallthrough();
  app.require_subcommand(1);

  const Verb verbs[] = {
      setup_train(app, global),    //
      setup_eval(app, global),     //
      setup_predict(app, global),  //
      setup_embed(app, global),    //
      setup_tokenize(app, global),
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error, argc > 1 ? argv[1] : "");
  }
  try {
    init_logging(global.log());
    for (const Verb& verb : verbs)
      if (verb.app->parsed()) verb.run();
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
