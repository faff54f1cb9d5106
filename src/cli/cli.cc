// The executable: global options, parsing, and errors of every kind. Invariants: each failure is one line on
// stderr, in words of mtnlp and never those of a library; standard output is written through OutputFile, so
// that a failed write is an error.
#include "cli/cli.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <span>
#include <type_traits>

#include "base/error.h"
#include "base/field.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/output.h"
#include "base/printable.h"
#include "base/signals.h"
#include "base/words.h"
#include "cli/help.h"
#include "cli/neighbour.h"
#include "mtnlp/version.h"
#include "train/libtorch.h"

namespace mtnlp::cli {
namespace {

constexpr const char* kAbout = "Train, evaluate and use multi-task sentence transformers.";

int print_error(const std::string& message, ExitCode code) {
  std::fprintf(stderr, "mtnlp: %s\n", one_line(spelled(message, Spelling::kOption)).c_str());
  return static_cast<int>(code);
}

/// Returns the innermost verb of the command line, `app` itself when there is none.
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
  return str("unknown verb ", shown(word), "; verbs are: ", join(names), did_you_mean(word, names));
}

std::string unknown_option(const CLI::App& verb, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return str("unknown option ", shortened(word, 200), did_you_mean(word.substr(0, word.find('=')), names));
}

[[noreturn]] void fail_parse(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& verb = *innermost(&app);
  std::string message = problem_of(error);
  std::vector<std::string> extras = app.remaining(true);
  std::erase(extras, "--");
  const bool is_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  // An unknown word is named first: what is missing may be missing because of it.
  if (!extras.empty() && extras.front().starts_with('-'))
    message = unknown_option(verb, extras.front());
  else if (verb.get_subcommands(nullptr).empty())
    message = is_extra && !extras.empty() ? "unexpected argument " + shown(extras.front()) : message;
  else if (is_extra || dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    message = extras.empty() ? "a verb is missing; verbs are: " + join(verb_names(verb))
                             : unknown_verb(verb, extras.front());
  fail_input(one_line(message), "; see ", path_of(verb), " --help");
}

/// Returns the arguments in the order that CLI11 takes, the last one first. The empty value of "--join="
/// becomes an argument of its own, since CLI11 would take the next argument for it.
std::vector<std::string> reversed(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  bool may_be_option = true;
  for (const std::string& word : arguments) {
    may_be_option = may_be_option && word != "--";
    if (may_be_option && word.starts_with("--") && word.find('=') == word.size() - 1) {
      words.push_back(word.substr(0, word.size() - 1));
      words.emplace_back();
    } else {
      words.push_back(word);
    }
  }
  std::ranges::reverse(words);
  return words;
}

/// Throws Error for an empty value: it comes from a variable of a script that is not set, and would count as
/// an option that was not given.
void refuse_empty_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_name() == "--join" || option->get_name() == "--prefix") continue;
    if (const auto& values = option->results(); std::ranges::find(values, "") != values.end())
      fail_input(option->get_name(), " has an empty value; see ", path_of(app), " --help");
  }
  for (const CLI::App* verb : app.get_subcommands()) refuse_empty_values(*verb);
}

}  // namespace

std::string problem_of(const CLI::ParseError& error) {
  std::string text = error.what();
  const auto before = [&](const char* mark) { return text.substr(0, text.find(mark)); };
  const auto is = [&]<typename Kind>(std::type_identity<Kind>) {
    return dynamic_cast<const Kind*>(&error) != nullptr;
  };
  if (is(std::type_identity<CLI::ConversionError>())) {  // "Could not convert: --quiet = x", a flag
    const std::string rest = text.substr(std::min(text.find("--"), text.size()));
    const size_t equals = std::min(rest.find(" = "), rest.size());
    return str(rest.substr(0, equals), ": ", shown(rest.substr(std::min(equals + 3, rest.size()))),
               " is not valid; valid are true, false");
  }
  if (is(std::type_identity<CLI::RequiredError>())) return before(" is required") + " is missing";
  if (is(std::type_identity<CLI::ExcludesError>()))
    return before(" excludes ") + " cannot go with " + text.substr(before(" excludes ").size() + 10);
  if (text.find("At Most 1 required") != std::string::npos)
    return before(":") + " is given more than once; it takes one value";
  if (is(std::type_identity<CLI::ArgumentMismatch>())) return before(":") + " needs a value";
  return text;
}

namespace {

void add_global_options(VerbTable& root, GlobalOptions& global) {
  CLI::App& app = *root.app;
  OptionRow version;
  version.names = {"--version"};
  version.group = OptionGroup::kPlain;
  version.about = "Print the version and exit";
  version.flag = true;
  version.parsed = app.set_version_flag("--version", std::string("mtnlp ") + kVersion);
  root.options.push_back(version);
  const OptionGroup options(root);
  options.flag(
      "--quiet", global.quiet,
      "Print no progress, tables or log lines; only warnings, errors and the output that is asked for");
  options.choice("--log-level", global.log_level, choices_of<LogLevel>({"debug", "info", "warning", "error"}),
                 "Lowest level of the messages that are printed; debug adds what a report of a fault needs");
  options.text(
      "--config", global.config, "FILE",
      "File with options of train, such as options.toml of a run; the command line counts before it");
  app.fallthrough();
  app.require_subcommand(1);
}

/// Makes --help of `verb` and of all verbs below it print help_text.
void use_our_help(const VerbTable& verb) {
  verb.app->formatter_fn(
      [&verb](const CLI::App*, const std::string&, CLI::AppFormatMode) { return help_text(verb); });
  for (const VerbTable& below : verb.verbs) use_our_help(below);
}

/// Throws Error for arguments that are wrong, and CLI::Success for those that ask for a text.
void parse(CLI::App& app, const std::vector<std::string>& arguments) {
  try {
    app.parse(reversed(arguments));
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& error) {
    fail_parse(app, error);
  }
  refuse_empty_values(app);
}

/// Parses the command line and runs its verb. Sets `running` to "mtnlp VERB", for messages about failures.
void run_verb(std::span<char*> arguments, const Libtorch* libtorch, std::string& running) {
  CLI::App app{kAbout, "mtnlp"};
  VerbTable root = make_table(app);
  GlobalOptions global;
  global.libtorch = libtorch;
  add_global_options(root, global);
  std::vector<Verb> verbs = {
      setup_train(root, global),    setup_distill(root, global),    setup_sweep(root, global),
      setup_adapt(root, global),    setup_vocabulary(root, global), setup_eval(root, global),
      setup_compare(root, global),  setup_predict(root, global),    setup_embed(root, global),
      setup_tokenize(root, global), setup_quantize(root, global)};
  std::ranges::move(setup_data(root, global), std::back_inserter(verbs));
  verbs.push_back(setup_report(root, global));
  verbs.push_back(setup_info(root, global));
  verbs.push_back(setup_completion(root, global));
  verbs.push_back(setup_man(root, global));
  verbs.push_back(setup_chart(root, global));
  use_our_help(root);
  try {
    parse(app, {arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end()});
  } catch (const CLI::Success& wish) {  // --help, --version
    app.exit(wish);
    return;
  }
  if (!global.config.empty() && !app.got_subcommand("train"))
    fail_input("--config holds options of train; it is not valid with ", innermost(&app)->get_name());
  running = path_of(*innermost(&app));
  const Verb& verb = *std::ranges::find_if(verbs, [](const Verb& one) { return one.app->parsed(); });
  if (libtorch == nullptr && verb.needs_libtorch()) start_mtnlp_train(arguments);
  init_logging({global.log_level, Spelling::kOption, global.quiet});
  log_debug(str("mtnlp ", kVersion, libtorch == nullptr ? "" : str(", libtorch ", libtorch->version), ": ",
                describe_machine()));
  verb.run();
}

/// Prints an error for what a library threw, whose own text is for programmers and may be pages long. Returns
/// the exit code.
int print_foreign_error(const std::exception& error, const std::string& running) {
  if (is_out_of_memory(error)) return print_error("out of memory", ExitCode::kFailed);
  if (const auto* file = dynamic_cast<const fs::filesystem_error*>(&error))
    return print_error(str(file->path1().string(), ": ", file->code().message()), ExitCode::kFailed);
  if (const auto* system = dynamic_cast<const std::system_error*>(&error))
    return print_error(str("the system failed: ", system->code().message(),
                           "; if it has no more threads, a smaller --threads may help"),
                       ExitCode::kFailed);
  log_debug(error.what());
  return print_error(str("internal error in ", running,
                         ": this is a fault of mtnlp; please report it with the command and the output of "
                         "--log-level debug"),
                     ExitCode::kFailed);
}

}  // namespace

void train_quietly(const std::vector<std::string>& arguments, const Libtorch& libtorch) {
  CLI::App app{kAbout, "mtnlp"};
  GlobalOptions global;
  global.quiet = true;
  global.catch_signals = false;
  global.libtorch = &libtorch;
  VerbTable root = make_table(app);
  const Verb train = setup_train(root, global);
  std::vector<std::string> words = {"train"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  try {
    parse(app, words);
  } catch (const CLI::Success&) {
    fail_input("--help is for the command line");
  }
  train.run();
}

int run_mtnlp(int argc, char** argv, const Libtorch* libtorch) {
  std::string running = "mtnlp";
  std::streambuf* const before = std::cout.rdbuf();
  const auto run = [&] {
    try {
      OutputFile standard("-");  // throws when a table cannot be written
      std::cout.rdbuf(standard.stream().rdbuf());
      run_verb({argv, static_cast<size_t>(argc)}, libtorch, running);
      standard.commit();
      return static_cast<int>(ExitCode::kDone);
    } catch (const Error& error) {
      return print_error(error.whole(),
                         error.kind() == ErrorKind::kInput ? ExitCode::kUsage : ExitCode::kFailed);
    } catch (const Stopped& stopped) {
      if (stopped.signal == SIGPIPE) {  // ends the process as if the signal had not been caught
        std::signal(SIGPIPE, SIG_DFL);
        std::raise(SIGPIPE);
      }
      return 128 + stopped.signal;
    } catch (const std::exception& error) {
      return print_foreign_error(error, running);
    }
  };
  const int code = run();
  std::cout.rdbuf(before);
  return code;
}

}  // namespace mtnlp::cli
