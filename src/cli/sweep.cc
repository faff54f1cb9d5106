#include "sweep/sweep.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/signals.h"
#include "base/threads.h"
#include "base/words.h"
#include "cli/cli.h"
#include "cli/stored_options.h"
#include "cli/train_command.h"
#include "cli/train_options.h"
#include "data/mixing.h"
#include "run/freeze_spec.h"
#include "text/unicode.h"

namespace mtnlp::cli {
namespace {

using StoredTrain = StoredVerb<TrainArguments>;

struct SweepArguments {
  TrainArguments train;
  std::vector<std::string> grid;
  std::string grid_file, budget, out, resume;
  size_t samples = 0;  ///< settings to draw; 0: all
  size_t seeds = 3;
  size_t jobs = 1;
};

/// Returns the seconds of "90s", "30m" or "8h".
double parse_budget(const std::string& text) {
  const std::map<char, double> units = {{'s', 1}, {'m', 60}, {'h', 3600}};
  const auto unit = text.empty() ? units.end() : units.find(text.back());
  const auto count = text.empty() ? std::nullopt : parse_number<double>(text.substr(0, text.size() - 1));
  if (unit == units.end() || !count || !(*count > 0) || !std::isfinite(*count))
    fail_input("--budget ", shown(text), ": is not a time; valid are a number and s, m or h, such as 30m");
  return *count * unit->second;
}

/// Returns the option of `verb` with this name without dashes; null for one that it does not have.
const OptionRow* find_option(const VerbTable& verb, const std::string& name) {
  const auto found =
      std::ranges::find(verb.options, "--" + name, [](const OptionRow& row) { return row.name(); });
  return found == verb.options.end() ? nullptr : &*found;
}

/// Throws Error for an option in which runs that are compared may not differ.
void require_triable(const std::string& option, const OptionRow* row) {
  const std::vector<std::string> own = {"seed", "split-seed", "threads", "cache-mb", "save-every", "device"};
  if (std::ranges::find(own, option) != own.end())
    fail_input("--grid: ", option, " is the same in all runs of a sweep, or goes by --seeds");
  const std::vector<std::string> fitted = {"decide", "calibrate", "label-threshold"};
  if (std::ranges::find(fitted, option) != fitted.end())
    fail_input("--grid: ", option,
               " is of what is fitted after training, which the score of a run does not see");
  if (option == "select" || option == "fold" || (row != nullptr && row->group == "Data"))
    fail_input("--grid: ", option, " is the same in all runs of a sweep, whose scores are compared");
}

/// Throws Error for a value that its option, or a file of options, cannot have, and for an option that is repeated on the
/// command line already: a setting has one value of each.
void require_texts(const std::string& option, const std::vector<std::string>& texts, const OptionRow* row) {
  for (const std::string& text : texts) {
    if (!is_valid_utf8(text))
      fail_input("--grid ", shown(option), ": the value ", shown(text), " is not UTF-8");
    if (row != nullptr && row->flag && text != "true" && text != "false")
      fail_input("--grid ", option, ": ", shown(text), " is not valid; valid are true, false");
  }
  if (row != nullptr && row->repeated && row->parsed->count() > 0)
    fail_input("--grid: ", option,
               " is given beside it; a value in the grid would take the place of all of these");
}

std::vector<Axis> axes_of(const SweepArguments& arguments, const VerbTable& verb) {
  std::vector<Axis> axes;
  const auto add = [&](const std::string& option, const std::vector<std::string>& texts) {
    const OptionRow* row = find_option(verb, option);
    require_triable(option, row);
    require_texts(option, texts, row);
    if (std::ranges::find(axes, option, &Axis::option) != axes.end())
      fail_input("--grid: ", option, " stands twice");
    const bool number = row != nullptr && row->number;
    axes.push_back(make_axis(
        option, texts, !number ? Values::kTexts : (row->whole ? Values::kWholeNumbers : Values::kNumbers)));
  };
  for (const std::string& text : arguments.grid) {
    const auto [option, texts] = parse_axis(text);
    add(option, texts);
  }
  if (!arguments.grid_file.empty())
    for (const StoredOption& option : read_options(arguments.grid_file)) add(option.name, option.values);
  if (axes.empty()) fail_input("sweep needs --grid OPTION=VALUE;VALUE, which says what to try");
  return axes;
}

/// Returns the options on the command line, and those whose defaults in a sweep are others than in train.
std::vector<StoredOption> base_of(const VerbTable& verb) {
  std::vector<StoredOption> base;
  for (const StoredOption& option : stored_options(verb)) {
    const OptionRow* row = find_option(verb, option.name);
    if (row->parsed->count() > 0 || option.name == "threads" || option.name == "cache-mb")
      base.push_back(option);
  }
  return base;
}

void replace(std::vector<StoredOption>& options, const std::string& name, const std::string& value) {
  const auto found = std::ranges::find(options, name, &StoredOption::name);
  if (found == options.end())
    options.push_back({name, {value}});
  else
    found->values = {value};
}

/// Returns the options of train of one run, checked as far as they can be without data.
std::unique_ptr<const StoredTrain> options_of(std::vector<StoredOption> base, const Setting& setting,
                                              uint64_t seed) {
  for (const auto& [option, value] : setting) replace(base, option, value);
  replace(base, "seed", str(seed));
  try {
    auto train = std::make_unique<const StoredTrain>(add_train, base, "--grid");
    parse_freeze(train->arguments().train.start.freeze);
    parse_mixing(train->arguments().train.plan.mixing);
    resolve(train->arguments(), true);
    return train;
  } catch (const Error& error) {
    if (setting.empty()) throw;
    fail_input(setting_text(setting), ": ", error.whole());
  }
}

/// Throws Error for a range with an end that its option cannot have.
void require_ranges(const std::vector<Axis>& axes, const std::vector<StoredOption>& base, uint64_t seed) {
  for (const Axis& axis : axes)
    if (axis.interval)
      for (const double end : {axis.interval->low, axis.interval->high})
        options_of(base, {{axis.option, number_text(end)}}, seed);
}

/// Returns the settings that are worth a look before any is trained: the first, and the first with each value that is not
/// a number.
std::vector<size_t> settings_to_try(const std::vector<Setting>& settings, const std::vector<Axis>& axes) {
  std::vector<size_t> tried;
  std::set<std::pair<std::string, std::string>> seen;
  for (size_t number = 0; number < settings.size(); ++number) {
    bool is_new = number == 0;
    for (size_t i = 0; i < axes.size(); ++i)
      if (axes[i].kind == Values::kTexts) is_new |= seen.insert(settings[number][i]).second;
    if (is_new) tried.push_back(number);
  }
  return tried;
}

void start_sweep(const SweepArguments& arguments, const VerbTable& verb) {
  const std::vector<Axis> axes = axes_of(arguments, verb);
  const uint64_t first_seed = arguments.train.train.seed;
  std::vector<StoredOption> base = base_of(verb);
  if (!arguments.train.train.parts.seed) replace(base, "split-seed", str(first_seed));
  require_ranges(axes, base, first_seed);
  SweepRecord record;
  record.settings =
      arguments.samples > 0 ? draw_settings(axes, arguments.samples, first_seed) : grid_of(axes);
  if (record.settings.size() < arguments.samples)
    log_warning(str("--samples ", arguments.samples, ": there are ", record.settings.size(),
                    " different settings to draw"));
  for (size_t i = 0; i < arguments.seeds; ++i) record.seeds.push_back(first_seed + i);
  record.jobs = arguments.jobs;
  if (!arguments.budget.empty()) {
    record.budget = parse_budget(arguments.budget);
    if (std::ranges::any_of(axes, [](const Axis& axis) { return axis.option == "epochs"; }))
      fail_input("--budget stops runs after equal epochs, so epochs cannot be in --grid");
  }
  std::map<std::string, std::string> options;
  for (size_t setting = 0; setting < record.settings.size(); ++setting)
    for (const uint64_t seed : record.seeds) {
      const auto train = options_of(base, record.settings[setting], seed);
      record.epochs = std::max<uint64_t>(record.epochs, train->arguments().train.plan.epochs);
      options[run_name(setting, seed)] = options_text(stored_options(train->verb()));
    }
  if (record.budget > 0 && record.epochs == 1)
    log_warning("--budget: a run of one epoch cannot be halved; the settings that fit train to the end");
  std::vector<std::string> tried;
  for (const size_t setting : settings_to_try(record.settings, axes))
    tried.push_back(run_name(setting, first_seed));
  create_sweep(arguments.out, record, options, tried, arguments.jobs, words_of);
}

/// Throws Error for an option that a sweep which goes on has already.
void require_only_jobs(const VerbTable& verb) {
  for (const OptionRow& row : verb.options)
    if (row.parsed->count() > 0 && row.name() != "--resume" && row.name() != "--jobs")
      fail_input(row.name(),
                 " cannot be given with --resume of a sweep, whose options hold; --jobs may change");
}

void run(const SweepArguments& arguments, const GlobalOptions& global, const VerbTable& verb) {
  catch_stop_signals();
  if (!arguments.resume.empty()) {
    require_only_jobs(verb);
  } else {
    if (arguments.out.empty()) fail_input("sweep needs --out DIR, the folder to write, or --resume DIR");
    require_utf8(verb);
    start_sweep(arguments, verb);
  }
  const std::string& folder = arguments.resume.empty() ? arguments.out : arguments.resume;
  const SweepResult result = run_sweep(folder, arguments.jobs, words_of);
  if (global.quiet) return;
  std::cout << result.table << result.verdict << '\n';
  if (!result.test.empty())
    std::cout << "test part, mean over the seeds of the best setting:\n" << result.test;
  std::cout << std::flush;
  if (!result.test.empty()) log_info(report_line(folder));
}

void add_own(VerbTable& verb, SweepArguments& arguments) {
  const OptionGroup group(verb, "Sweep");
  arguments.jobs = static_cast<size_t>(std::max(1, available_cpus()));
  std::vector<OptionRow*> rows = {
      &group.list(
          "--grid", arguments.grid, "OPTION=A;B",
          "Option of train and the values to try, or with --samples a range LOW..HIGH or LOW..HIGH:log; may "
          "be repeated, all combinations are tried"),
      &group.text("--grid-file", arguments.grid_file, "FILE",
                  "TOML file with a table [train], in which each option has a list of the values to try"),
      &group.number("--samples", arguments.samples, {0, 10'000},
                    "Settings to draw by --seed; 0: all combinations"),
      &group.number("--seeds", arguments.seeds, {1, 1000},
                    "Runs of each setting, with the seeds from --seed on; they share one split"),
      &group.text(
          "--budget", arguments.budget, "TIME",
          "Time such as 30m, which decides how many settings start: all train for a few epochs, the better "
          "half goes on, and so on [all settings train to the end]"),
      &group.number("--jobs", arguments.jobs, {1, 1024}, "Runs at once; the results do not depend on it"),
      &group.text("--out", arguments.out, "DIR", "Folder of the sweep, which must not exist or be empty")};
  rows[5]->default_words = "the CPUs that this process may use";
  OptionRow& resume = group.text("--resume", arguments.resume, "DIR", "Sweep to go on with, to the same end");
  rows.push_back(&resume);
  for (OptionRow* row : rows) row->in_run = InRun::kAbsent;
}

}  // namespace

Verb setup_sweep(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<SweepArguments>();
  VerbTable& verb =
      add_verb(root, "sweep", "Train with many settings and seeds, and say which setting is the best");
  add_own(verb, *arguments);
  add_train_options(verb, arguments->train, {.threads = 1, .cache_mb = 1024});
  for (OptionRow& row : verb.options)
    if (row.in_run == InRun::kFree) row.in_run = InRun::kShapesResult;  // the same in all runs of a sweep
  return {verb.app, [arguments, &global, &verb] { run(*arguments, global, verb); }};
}

}  // namespace mtnlp::cli
