// Invariants: sweep.json is written after each run that ends, so what was trained is not trained again; a run that
// was interrupted resumes from its own folder. What starts, and what goes on, is decided once and stands in the record.
#include "sweep/sweep.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/random.h"
#include "run/run_paths.h"
#include "sweep/children.h"
#include "sweep/halving.h"
#include "sweep/run_figures.h"
#include "sweep/summary.h"
#include "sweep/work_folder.h"

namespace mtnlp {
namespace {

constexpr size_t kMeasured = 3;  // settings that show how long an epoch takes

/// Returns the text of the setting of a run.
std::string setting_of_run(const SweepRecord& record, const std::string& run) {
  const auto setting = parse_number<size_t>(run.substr(0, run.find('-')));
  return setting && *setting < record.settings.size() ? setting_text(record.settings[*setting]) : run;
}

class Sweep {
 public:
  Sweep(fs::path folder, size_t jobs, WordsOfCall words);
  SweepResult finish();

 private:
  fs::path run_folder(const std::string& run) const { return folder_ / "runs" / run; }
  fs::path results_file(const std::string& run) const { return folder_ / "runs" / (run + ".json"); }
  fs::path log_file(const std::string& run) const { return folder_ / "runs" / (run + ".log"); }
  Command command(const std::string& run, uint64_t epochs, bool test) const;
  std::vector<uint64_t> order() const;
  std::optional<double> seconds_per_epoch(uint64_t setting, uint64_t epochs);
  std::vector<uint64_t> starting();
  void add_rung(std::vector<uint64_t> settings);
  void train(const std::vector<uint64_t>& settings, uint64_t epochs);
  void require_same_parts(const std::string& run) const;
  void take(const std::string& run, uint64_t epochs, const Ending& ending);
  std::vector<uint64_t> better_half(std::vector<uint64_t> settings) const;
  std::string setting_of(const std::string& run) const { return setting_of_run(record_, run); }
  std::vector<std::string> sound_runs(size_t setting) const;
  std::string score_test(size_t setting);
  std::vector<uint64_t> next_rung(const std::vector<Rung>& planned) const;
  void train_all();

  fs::path folder_;
  size_t jobs_;
  WordsOfCall words_;
  Lock lock_;
  SweepRecord record_;
};

Sweep::Sweep(fs::path folder, size_t jobs, WordsOfCall words)
    : folder_(std::move(folder)),
      jobs_(jobs),
      words_(std::move(words)),
      lock_(lock_folder(folder_)),
      record_(SweepRecord::read(folder_)) {}

/// Returns the command that trains a run up to `epochs`: from its options, or on from where its folder is.
Command Sweep::command(const std::string& run, uint64_t epochs, bool test) const {
  const TrainCall call{.options = options_of_run(folder_, run),
                       .run = run_folder(run),
                       .results = results_file(run),
                       .shared = folder_ / "shared",
                       // Before the budget is divided, a run is measured from its start.
                       .resume = is_run(run_folder(run)) && !(record_.budget > 0 && record_.rungs.empty()),
                       .stop_after = epochs < record_.epochs ? epochs : 0,
                       .score_test = test};
  return {run, words_(call), log_file(run)};
}

/// Throws Error when `run` has other rows in its parts than another run that has ended: their scores would not be
/// comparable. Checkpoints to start from have parts of their own.
void Sweep::require_same_parts(const std::string& run) const {
  const auto other = std::ranges::find_if(record_.runs, [&](const auto& pair) {
    return pair.first != run && pair.second.failure.empty() && !pair.second.results.is_null();
  });
  if (other == record_.runs.end()) return;
  const auto parts = [&](const std::string& name) { return read_file(run_folder(name) / "split.csv"); };
  if (parts(run) != parts(other->first))
    fail_input(setting_of(run), ": splits the rows in other parts than ", setting_of(other->first),
               "; runs of a sweep are compared on the same rows");
}

/// Takes down how a run ended.
void Sweep::take(const std::string& run, uint64_t epochs, const Ending& ending) {
  RunOutcome& outcome = record_.runs[run];
  outcome.seconds += ending.seconds;
  if (ending.code == 0) {
    outcome.epochs = epochs;
    outcome.results = read_json(results_file(run));
    require_same_parts(run);
    log_info(str(setting_of(run), ", ", run, ": score ", fixed_text(outcome.score(), 4), " after ", epochs,
                 epochs == 1 ? " epoch" : " epochs", ", ", fixed_text(ending.seconds, 1), " s"));
  } else {
    const fs::path log = log_file(run);
    const std::string line = last_line(log);
    // A rate that is too high is a result; anything else would happen to the next run too.
    if (ending.code != 1 || line.find("not finite") == std::string::npos) {
      record_.runs.erase(run);
      throw failure_of(setting_of(run), log, ending);
    }
    outcome.epochs = record_.epochs;
    outcome.failure = line;
    log_warning(str(setting_of(run), ", ", run, ": ", line));
  }
  record_.write(folder_);
}

/// Trains the runs of `settings` up to `epochs`, those that are not there yet.
void Sweep::train(const std::vector<uint64_t>& settings, uint64_t epochs) {
  std::vector<Command> commands;
  for (const uint64_t setting : settings)
    for (const uint64_t seed : record_.seeds) {
      const std::string run = run_name(setting, seed);
      const auto found = record_.runs.find(run);
      if (found != record_.runs.end() && found->second.epochs >= epochs) continue;
      wait_until_left(run_folder(run));
      commands.push_back(command(run, epochs, false));
    }
  run_children(commands, jobs_,
               [&](const Command& command, const Ending& ending) { take(command.name, epochs, ending); });
}

/// Returns the settings in the order in which a budget starts them: the first of a grid are not better than others.
std::vector<uint64_t> Sweep::order() const {
  const KeyedOrder random(hash_key(record_.seeds[0]), record_.settings.size());
  std::vector<uint64_t> settings;
  for (uint64_t i = 0; i < record_.settings.size(); ++i)
    settings.push_back(record_.budget > 0 ? random[i] : i);
  return settings;
}

/// Returns the seconds that an epoch of a setting's runs took; none where none has a result.
std::optional<double> Sweep::seconds_per_epoch(uint64_t setting, uint64_t epochs) {
  double seconds = 0;
  size_t runs = 0;
  for (const uint64_t seed : record_.seeds)
    if (const RunOutcome& outcome = record_.runs[run_name(setting, seed)]; outcome.failure.empty()) {
      seconds += outcome.seconds;
      ++runs;
    }
  if (runs == 0) return std::nullopt;
  return seconds / static_cast<double>(runs * epochs);
}

/// Returns the settings that start: all, or as many as the first of them show to fit into the budget.
std::vector<uint64_t> Sweep::starting() {
  std::vector<uint64_t> settings = order();
  if (record_.budget == 0) return settings;
  const uint64_t epochs = rungs_of(settings.size(), record_.epochs)[0].epochs;
  size_t count = settings.size(), measured = 0;
  double sum = 0;
  for (size_t i = 0; i < count && measured < kMeasured; ++i) {
    train({settings[i]}, epochs);
    const std::optional<double> seconds = seconds_per_epoch(settings[i], epochs);
    if (!seconds) continue;
    sum += *seconds;
    ++measured;
    record_.seconds_per_epoch = sum / static_cast<double>(measured);
    const double in_budget =
        record_.budget * static_cast<double>(record_.jobs) / std::max(record_.seconds_per_epoch, 1e-3);
    // Those that have begun to train go on.
    count =
        std::max(i + 1, settings_in_budget(settings.size(), record_.seeds.size(), record_.epochs, in_budget));
  }
  log_info(str(fixed_text(record_.seconds_per_epoch, 1), " s an epoch: ", count, " of ", settings.size(),
               " settings start"));
  settings.resize(count);
  std::ranges::sort(settings);
  return settings;
}

/// Returns the settings with the higher mean score, half of them, rounded up; of equal ones the first.
std::vector<uint64_t> Sweep::better_half(std::vector<uint64_t> settings) const {
  std::map<uint64_t, double> scores;
  for (const SettingSummary& summary : summarize(record_))
    scores[summary.setting] =
        summary.failed > 0 || std::isnan(summary.score.mean) ? -HUGE_VAL : summary.score.mean;
  std::ranges::stable_sort(settings, std::greater(), [&](uint64_t setting) { return scores[setting]; });
  settings.resize((settings.size() + 1) / 2);
  std::ranges::sort(settings);
  return settings;
}

/// Takes down the settings of the next rung.
void Sweep::add_rung(std::vector<uint64_t> settings) {
  record_.rungs.push_back(std::move(settings));
  record_.write(folder_);
}

/// Returns the runs of a setting that have a result.
std::vector<std::string> Sweep::sound_runs(size_t setting) const {
  std::vector<std::string> runs;
  for (const uint64_t seed : record_.seeds)
    if (record_.runs.at(run_name(setting, seed)).failure.empty()) runs.push_back(run_name(setting, seed));
  return runs;
}

/// Scores the runs of the best setting, which are trained to the end, on the test part. Returns the mean figures of each
/// task, a line each.
std::string Sweep::score_test(size_t setting) {
  std::vector<Command> commands;
  for (const std::string& run : sound_runs(setting)) {
    wait_until_left(run_folder(run));
    commands.push_back(command(run, record_.epochs, true));
  }
  run_children(commands, jobs_, [&](const Command& command, const Ending& ending) {
    if (ending.code != 0) throw failure_of(command.name, command.errors, ending);
  });
  RunFigures figures;
  std::vector<std::string> runs;
  for (const Command& command : commands) {
    figures.add(read_json(results_file(command.name)));
    runs.push_back(command.name);
  }
  const OrderedJson json = {
      {"setting", setting_text(record_.settings[setting])}, {"runs", runs}, {"tasks", figures.to_json()}};
  write_file_atomic(folder_ / "test.json", json.dump(2) + "\n");
  return figures.text();
}

/// Returns the settings of the rung behind the last one; none when that was the last. Where all that came as far
/// diverged, the best of those before goes on to the end.
std::vector<uint64_t> Sweep::next_rung(const std::vector<Rung>& planned) const {
  if (record_.rungs.size() < planned.size()) return better_half(record_.rungs.back());
  const std::vector<SettingSummary> summaries = summarize(record_);
  const bool at_end = summaries[0].rung + 1 == record_.rungs.size() || summaries[0].score.count == 0;
  return at_end ? std::vector<uint64_t>() : std::vector<uint64_t>{summaries[0].setting};
}

/// Trains the runs of all rungs.
void Sweep::train_all() {
  if (record_.rungs.empty()) add_rung(starting());
  const size_t started = record_.rungs[0].size();
  const std::vector<Rung> planned =
      record_.budget > 0 ? rungs_of(started, record_.epochs) : std::vector<Rung>{{started, record_.epochs}};
  for (size_t i = 0;; ++i) {
    if (i == record_.rungs.size()) {
      const std::vector<uint64_t> next = next_rung(planned);
      if (next.empty()) return;
      add_rung(next);
    }
    train(record_.rungs[i], i < planned.size() ? planned[i].epochs : record_.epochs);
  }
}

SweepResult Sweep::finish() {
  train_all();
  const std::vector<SettingSummary> summaries = summarize(record_);
  write_file_atomic(folder_ / "summary.csv", summary_csv(record_, summaries));
  SweepResult result{summary_table(record_, summaries), verdict(record_, summaries), ""};
  if (summaries[0].score.count == 0) return result;
  const size_t best = summaries[0].setting;
  write_file_atomic(folder_ / "best.toml", read_file(options_of_run(folder_, sound_runs(best)[0])));
  result.test = score_test(best);
  std::error_code error;
  fs::remove_all(folder_ / "shared", error);
  return result;
}

}  // namespace

void create_sweep(const fs::path& sweep, const SweepRecord& record,
                  const std::map<std::string, std::string>& options, const std::vector<std::string>& tried,
                  size_t jobs, const WordsOfCall& words) {
  create_work_folder(sweep, [&](const fs::path& to) {
    make_folder(to / "settings");
    make_folder(to / "runs");
    for (const auto& [run, text] : options) write_file_atomic(options_of_run(to, run), text);
    std::vector<Command> commands;
    for (const std::string& run : tried)
      commands.push_back(
          {run, words({.options = options_of_run(to, run), .dry_run = true}), to / (run + ".log")});
    run_children(commands, jobs, [&](const Command& command, const Ending& ending) {
      if (ending.code != 0) throw failure_of(setting_of_run(record, command.name), command.errors, ending);
      fs::remove(command.errors);
    });
    record.write(to);  // last: a folder with it is a sweep
  });
}

SweepResult run_sweep(const fs::path& sweep, size_t jobs, const WordsOfCall& words) {
  return Sweep(sweep, jobs, words).finish();
}

}  // namespace mtnlp
