#include "cli/cli.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <span>

#include "cli/describe.h"
#include "cli/option_groups.h"
#include "mtnlp/base/error.h"
#include "mtnlp/base/log.h"
#include "mtnlp/base/output.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/base/suggest.h"
#include "mtnlp/model/torch.h"

namespace mtnlp::cli {
namespace {

constexpr const char* kAbout = "Trains and evaluates multi-task sentence transformers.";

LogLevel parse_level(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

int report(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "mtnlp: %s\n", one_line(message).c_str());
  return static_cast<int>(code);
}

/// Warnings of libtorch are for programmers.
class QuietWarnings : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override { log_debug(warning.msg()); }
};

/// The innermost verb of the command line, `app` itself when there is none.
const CLI::App* innermost(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

std::vector<std::string> verb_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::App* below : verb.get_subcommands(nullptr)) names.push_back(below->get_name());
  return names;
}

std::string unknown_verb(const CLI::App& verb, const std::string& word) {
  const std::vector<std::string> names = verb_names(verb);
  return str("unknown verb ", word, "; verbs are: ", join(names), did_you_mean(word, names));
}

std::string unknown_option(const CLI::App& verb, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return str("unknown option ", word, did_you_mean(word.substr(0, word.find('=')), names));
}

[[noreturn]] void fail_parse(const CLI::App& app, const CLI::ParseError& error, std::span<char*> arguments) {
  const CLI::App& verb = *innermost(&app);
  std::string message = error.what();
  if (!verb.get_subcommands(nullptr).empty()) {  // a verb is missing, or not understood
    auto word = arguments.begin();
    if (&verb != &app) word = std::ranges::find(arguments, verb.get_name());
    if (word != arguments.end()) ++word;
    if (word == arguments.end())
      message = str("a verb is missing; verbs are: ", join(verb_names(verb)));
    else if (**word != '\0' && **word != '-')
      message = unknown_verb(verb, *word);
  } else if (const std::vector<std::string> extras = app.remaining(true); !extras.empty()) {
    // What is not understood tells more than what is missing because of it.
    if (extras.front().starts_with("-"))
      message = unknown_option(verb, extras.front());
    else if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
      message = str("unexpected argument ", extras.front());
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && message.ends_with(" missing")) {
    message = message.substr(0, message.find(':')) + " needs a value";
  } else if (message.find("At Most 1 required") != std::string::npos) {
    message = message.substr(0, message.find(':')) + " is given more than once; it takes one value";
  }
  fail_input(one_line(message), "; see ", path_of(verb), " --help");
}

}  // namespace

LogOptions GlobalOptions::log() const {
  return {parse_level(log_level), quiet};
}

namespace {

void add_global_options(CLI::App& app, GlobalOptions& global) {
  app.set_version_flag("--version", "mtnlp " MTNLP_VERSION);
  app.add_flag("--quiet", global.quiet, "No progress; only warnings and errors on the terminal");
  app.add_option("--log-level", global.log_level, "Least important messages shown")
      ->check(one_of({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--config", global.config, "Options of train, as options.toml of a run has them")
      ->type_name("FILE");
  app.fallthrough();
  app.formatter_fn([](const CLI::App* verb, const std::string&, CLI::AppFormatMode) {
    return help_text(describe(*verb));
  });
  app.require_subcommand(1);
}

/// Throws Error where "" is given for what names a file or folder, or for an option that means nothing then.
void refuse_empty_values(const CLI::App& verb) {
  const std::vector<std::string> files = {"FILE", "DIR", "RUN", "FOLDER"},
                                 others = {"--delimiter", "--prompt"};
  for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options()) {
      if (std::ranges::find(option->results(), "") == option->results().end()) continue;
      const std::string name = option->get_name();
      if (option->get_positional() || std::ranges::find(files, option->get_type_name()) != files.end())
        fail_input(name, ": an empty file name");
      if (std::ranges::find(others, name) != others.end()) fail_input(name, ": is empty; it needs a value");
    }
}

/// Parses and runs one verb; `running` becomes its name, for a failure that has none.
void run_verb(std::span<char*> arguments, std::string& running) {
  CLI::App app{kAbout, "mtnlp"};
  GlobalOptions global;
  add_global_options(app, global);
  std::vector<Verb> verbs = {setup_train(app, global),    setup_eval(app, global),
                             setup_predict(app, global),  setup_embed(app, global),
                             setup_tokenize(app, global), setup_quantize(app, global)};
  std::ranges::move(setup_data(app, global), std::back_inserter(verbs));
  verbs.push_back(setup_info(app, global));
  verbs.push_back(setup_completion(app, global));
  verbs.push_back(setup_man(app, global));
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::Success& wish) {  // --help, --version
    app.exit(wish);
    return;
  } catch (const CLI::ParseError& error) {
    fail_parse(app, error, arguments);
  }
  refuse_empty_values(*innermost(&app));
  if (!global.config.empty() && !app.got_subcommand("train"))
    fail_input("--config is for train, not for ", innermost(&app)->get_name());
  init_logging(global.log());
  static QuietWarnings quiet_warnings;
  c10::WarningUtils::set_warning_handler(&quiet_warnings);
  running = path_of(*innermost(&app));
  for (const Verb& verb : verbs)
    if (verb.app->parsed()) verb.run();
}

/// For what a library throws: its words mean nothing to a user, and may run over pages.
int report_foreign(const std::exception& error, const std::string& running) {
  if (is_out_of_memory(error)) return report("out of memory", ExitCode::kFailed);
  if (const auto* file = dynamic_cast<const fs::filesystem_error*>(&error))
    return report(str(file->path1().string(), ": ", file->code().message()), ExitCode::kFailed);
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return report(str("the system failed: ", system->code().message(),
                      "; if it is short of threads, try a smaller --threads"),
                  ExitCode::kFailed);
  log_debug(error.what());
  return report(str("internal error in ", running,
                    ": a fault of mtnlp; please report it with the command, and what --log-level debug adds"),
                ExitCode::kFailed);
}

}  // namespace

int run_mtnlp(int argc, char** argv) {
  std::string running = "mtnlp";
  std::streambuf* const before = std::cout.rdbuf();
  const auto run = [&] {
    try {
      OutputFile standard("-");  // says why when a table did not get out
      std::cout.rdbuf(standard.stream().rdbuf());
      run_verb({argv, static_cast<size_t>(argc)}, running);
      standard.commit();
      return static_cast<int>(ExitCode::kDone);
    } catch (const Error& error) {
      return report(error.whole(), error.code());
    } catch (const Stopped& stopped) {
      if (stopped.signal == SIGPIPE) {  // as if it had not been caught
        std::signal(SIGPIPE, SIG_DFL);
        std::raise(SIGPIPE);
      }
      return 128 + stopped.signal;
    } catch (const std::exception& error) {
      return report_foreign(error, running);
    }
  };
  const int code = run();
  std::cout.rdbuf(before);
  return code;
}

}  // namespace mtnlp::cli
