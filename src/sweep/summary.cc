#include "sweep/summary.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "base/error.h"
#include "base/json.h"
#include "base/numbers.h"
#include "data/row_reader.h"
#include "report/tables.h"

namespace mtnlp {
namespace {

/// Returns the outcomes of a setting's runs that have a result.
std::vector<const RunOutcome*> outcomes_of(const SweepRecord& record, size_t setting, size_t& failed) {
  std::vector<const RunOutcome*> outcomes;
  for (const uint64_t seed : record.seeds) {
    const auto found = record.runs.find(run_name(setting, seed));
    if (found == record.runs.end()) continue;
    if (!found->second.failure.empty())
      ++failed;
    else
      outcomes.push_back(&found->second);
  }
  return outcomes;
}

/// Returns the mean of those values that are known.
template <typename Value>
Estimate estimate_over(const std::vector<const RunOutcome*>& outcomes, const Value& value) {
  std::vector<double> values;
  for (const RunOutcome* outcome : outcomes)
    if (const double known = value(*outcome); !std::isnan(known)) values.push_back(known);
  return estimate(values);
}

std::vector<SettingSummary::Figure> figures_over(const std::vector<const RunOutcome*>& outcomes) {
  std::vector<SettingSummary::Figure> figures;
  if (outcomes.empty()) return figures;
  const Json validation = outcomes[0]->results.value("validation", Json::object());
  for (const auto& [task, values] : validation.items())
    for (const auto& [key, first] : values.items()) {
      const auto value = [&](const RunOutcome& outcome) {
        const Json& number = outcome.results["validation"][task][key];
        return number.is_number() ? number.get<double>() : NAN;
      };
      figures.push_back({task, key, estimate_over(outcomes, value)});
    }
  return figures;
}

std::string seconds_text(const SettingSummary& summary, const char* unknown) {
  return std::isnan(summary.seconds) ? unknown : fixed_text(summary.seconds, 1);
}

std::string cell(double value) {
  return std::isnan(value) ? "" : number_text(value);
}

/// Returns the keys of all figures: those of one kind of task behind those of another.
std::vector<std::string> keys_of(std::span<const SettingSummary> summaries) {
  std::vector<std::string> keys;
  for (const SettingSummary& summary : summaries)
    for (const auto& figure : summary.figures)
      if (std::ranges::find(keys, figure.key) == keys.end()) keys.push_back(figure.key);
  return keys;
}

bool is_whole(const SweepRecord& record, const SettingSummary& summary) {
  return summary.score.count + summary.failed == record.seeds.size() && summary.score.count > 0;
}

/// Another setting that came as far as the first, and how far the first is ahead of it.
struct Rival {
  const SettingSummary* summary;
  double lead, noise;  ///< difference of the means, and half of its interval; NaN where that is not known

  bool is_near() const { return !(lead > noise); }
};

/// Returns the other settings with a score that are in the same rung as the first.
std::vector<Rival> rivals_of_first(const std::vector<SettingSummary>& summaries) {
  std::vector<Rival> rivals;
  const SettingSummary& first = summaries[0];
  for (const SettingSummary& other : std::span(summaries).subspan(1))
    if (other.rung == first.rung && other.score.count > 0)
      rivals.push_back(
          {&other, first.score.mean - other.score.mean, difference_half_width(first.score, other.score)});
  return rivals;
}

/// Returns how many seeds would tell `best` from each of `near`, more than there are; 0 where that is not known.
size_t seeds_needed(const Estimate& best, const std::vector<Rival>& near) {
  size_t needed = best.count + 1;  // a formula may say that these do
  for (const Rival& rival : near) {
    const size_t own = values_to_tell_apart(best, rival.summary->score);
    if (own == 0) return 0;
    needed = std::max(needed, own);
  }
  return needed;
}

}  // namespace

std::vector<SettingSummary> summarize(const SweepRecord& record) {
  std::vector<SettingSummary> summaries;
  if (record.rungs.empty()) return summaries;  // it is still measured how many start
  for (const uint64_t setting : record.rungs[0]) {
    SettingSummary summary;
    summary.setting = setting;
    for (size_t rung = 0; rung < record.rungs.size(); ++rung)
      if (std::ranges::find(record.rungs[rung], setting) != record.rungs[rung].end()) summary.rung = rung;
    const auto outcomes = outcomes_of(record, setting, summary.failed);
    for (const RunOutcome* outcome : outcomes) {
      summary.epochs = std::max(summary.epochs, outcome->results.value("epochs", uint64_t{0}));
      summary.trained = outcome->results.value("trained_parameters", uint64_t{0});
    }
    summary.seconds = estimate_over(outcomes, [](const RunOutcome& outcome) { return outcome.seconds; }).mean;
    summary.score = estimate_over(outcomes, [](const RunOutcome& outcome) { return outcome.score(); });
    summary.figures = figures_over(outcomes);
    summaries.push_back(std::move(summary));
  }
  std::ranges::stable_sort(summaries, [&](const SettingSummary& a, const SettingSummary& b) {
    const auto key = [&](const SettingSummary& summary) {
      return std::tuple(is_whole(record, summary), summary.failed == 0, summary.rung,
                        std::isnan(summary.score.mean) ? -HUGE_VAL : summary.score.mean);
    };
    return key(a) > key(b);
  });
  return summaries;
}

std::string summary_csv(const SweepRecord& record, const std::vector<SettingSummary>& summaries) {
  const std::vector<std::string> keys = keys_of(summaries);
  std::vector<std::string> header = {"setting"};
  if (!record.settings.empty())
    for (const auto& [option, value] : record.settings[0]) header.push_back(option);
  for (const char* column :
       {"trained_epochs", "seeds", "failed", "seconds", "trained_parameters", "score", "score_ci95", "task"})
    header.emplace_back(column);
  for (const std::string& key : keys) {
    header.push_back(key);
    header.push_back(key + "_ci95");
  }
  std::string csv = csv_line(header);
  for (const SettingSummary& summary : summaries) {
    std::vector<std::string> start = {str(summary.setting)};
    for (const auto& [option, value] : record.settings[summary.setting]) start.push_back(value);
    for (const std::string& word :
         {str(summary.epochs), str(summary.score.count), str(summary.failed), seconds_text(summary, ""),
          str(summary.trained), cell(summary.score.mean), cell(summary.score.half_width())})
      start.push_back(word);
    std::vector<std::string> tasks;
    for (const auto& figure : summary.figures)
      if (std::ranges::find(tasks, figure.task) == tasks.end()) tasks.push_back(figure.task);
    if (tasks.empty()) tasks.emplace_back();
    for (const std::string& task : tasks) {
      std::vector<std::string> row = start;
      row.push_back(task);
      for (const std::string& key : keys) {
        const auto found = std::ranges::find_if(
            summary.figures, [&](const auto& figure) { return figure.task == task && figure.key == key; });
        const Estimate value = found == summary.figures.end() ? Estimate{0, NAN, NAN} : found->value;
        row.push_back(cell(value.mean));
        row.push_back(cell(value.half_width()));
      }
      csv += csv_line(row);
    }
  }
  return csv;
}

std::string summary_table(const SweepRecord& record, const std::vector<SettingSummary>& summaries,
                          size_t most) {
  std::vector<std::vector<std::string>> settings = {
      {"setting", "score", "seeds", "epochs", "seconds", "trained weights"}};
  const std::span first(summaries.data(), std::min(most, summaries.size()));
  const std::vector<std::string> keys = keys_of(first);
  std::vector<std::vector<std::string>> tasks = {{"setting", "task"}};
  tasks[0].insert(tasks[0].end(), keys.begin(), keys.end());
  for (const SettingSummary& summary : first) {
    const std::string name = setting_text(record.settings[summary.setting]);
    const bool failed = summary.failed > 0 && summary.score.count == 0;
    settings.push_back({name, failed ? "loss not finite" : estimate_text(summary.score),
                        str(summary.score.count), str(summary.epochs), seconds_text(summary, "-"),
                        str(summary.trained)});
    for (const auto& figure : summary.figures) {
      if (tasks.back()[0] != name || tasks.back()[1] != figure.task) {
        tasks.push_back({name, figure.task});
        tasks.back().resize(2 + keys.size(), "-");
      }
      const auto place = std::ranges::find(keys, figure.key) - keys.begin();
      tasks.back()[2 + static_cast<size_t>(place)] = estimate_text(figure.value);
    }
  }
  std::string table = align_table(settings);
  if (tasks.size() > 1) table += "\nvalidation part, best epochs\n" + align_table(tasks);
  if (summaries.size() > most) table += str(summaries.size() - most, " more settings are in summary.csv\n");
  return table + "\n";
}

std::string verdict(const SweepRecord& record, const std::vector<SettingSummary>& summaries) {
  if (summaries.empty() || summaries[0].score.count == 0)
    return "no setting has a score; it comes from validation rows, in runs whose loss stays finite";
  const auto name = [&](const SettingSummary& summary) {
    return in_quotes(setting_text(record.settings[summary.setting]));
  };
  const SettingSummary& best = summaries[0];
  const std::string score = name(best) + " has the best score, " + estimate_text(best.score);
  std::vector<Rival> rivals = rivals_of_first(summaries);
  if (rivals.empty()) return score + "; no other setting came as far";
  std::erase_if(rivals, [](const Rival& rival) { return std::isnan(rival.noise); });
  if (rivals.empty()) return score + ", but with one seed a difference cannot be told from chance";
  const Rival nearest =
      *std::ranges::min_element(rivals, {}, [](const Rival& rival) { return rival.lead - rival.noise; });
  if (!nearest.is_near())
    return str(name(best), " is the best: its score is ", estimate_text(best.score), ", ahead of ",
               name(*nearest.summary), " by ", fixed_text(nearest.lead, 4), " ± ",
               fixed_text(nearest.noise, 4));
  std::vector<Rival> near = std::move(rivals);
  std::erase_if(near, [](const Rival& rival) { return !rival.is_near(); });
  const size_t needed = seeds_needed(best.score, near);
  return str(name(best), " and ", name(*nearest.summary),
             near.size() > 1 ? str(", and ", near.size() - 1, near.size() > 2 ? " others," : " other,") : "",
             " cannot be told apart with ", best.score.count, " seeds",
             needed == 0      ? ""
             : needed >= 1000 ? "; more than 1000 would be needed"
                              : str("; about ", needed, " would do"));
}

std::string estimate_text(const Estimate& estimate, int digits) {
  if (estimate.count == 0) return "none";
  const std::string mean = fixed_text(estimate.mean, digits);
  return estimate.count < 2 ? mean : mean + " ± " + fixed_text(estimate.half_width(), digits);
}

}  // namespace mtnlp
