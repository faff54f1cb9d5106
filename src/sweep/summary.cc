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

template <typename Value>
Estimate estimate_over(const std::vector<const RunOutcome*>& outcomes, const Value& value) {
  std::vector<double> values;
  for (const RunOutcome* outcome : outcomes) values.push_back(value(*outcome));
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

}  // namespace

std::vector<SettingSummary> summarize(const SweepRecord& record) {
  std::vector<SettingSummary> summaries;
  for (const uint64_t setting : record.started) {
    SettingSummary summary;
    summary.setting = setting;
    const auto outcomes = outcomes_of(record, setting, summary.failed);
    for (const RunOutcome* outcome : outcomes) {
      summary.epochs = std::max(summary.epochs, outcome->epochs);
      summary.trained = outcome->results.value("trained_parameters", uint64_t{0});
    }
    summary.seconds = estimate_over(outcomes, [](const RunOutcome& outcome) { return outcome.seconds; }).mean;
    summary.score = estimate_over(outcomes, [](const RunOutcome& outcome) { return outcome.score(); });
    summary.figures = figures_over(outcomes);
    summaries.push_back(std::move(summary));
  }
  std::ranges::stable_sort(summaries, [&](const SettingSummary& a, const SettingSummary& b) {
    const auto key = [&](const SettingSummary& summary) {
      return std::tuple(is_whole(record, summary), summary.failed == 0, summary.epochs,
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
       {"epochs", "seeds", "failed", "seconds", "trained_parameters", "score", "score_ci95", "task"})
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
         {str(summary.epochs), str(summary.score.count), str(summary.failed), fixed_text(summary.seconds, 1),
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
                        str(summary.score.count), str(summary.epochs), fixed_text(summary.seconds, 1),
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
  if (summaries.empty() || summaries[0].score.count == 0) return "no setting has a score";
  const auto name = [&](const SettingSummary& summary) {
    return in_quotes(setting_text(record.settings[summary.setting]));
  };
  const SettingSummary& best = summaries[0];
  const std::string score = name(best) + " has the best score, " + estimate_text(best.score);
  if (summaries.size() < 2 || summaries[1].epochs < best.epochs || summaries[1].score.count == 0)
    return score + "; no other setting came as far";
  const SettingSummary& second = summaries[1];
  if (best.score.count < 2 || second.score.count < 2)
    return score + ", but with one seed a difference cannot be told from chance";
  const double difference = best.score.mean - second.score.mean,
               noise = difference_half_width(best.score, second.score);
  if (difference > noise)
    return str(name(best), " is the best: its score is ", estimate_text(best.score), ", ahead of ",
               name(second), " by ", fixed_text(difference, 4), " ± ", fixed_text(noise, 4));
  const size_t known = values_to_tell_apart(best.score, second.score);  // which may say that these do
  const size_t needed = known == 0 ? 0 : std::max(known, best.score.count + 1);
  return str(name(best), " and ", name(second), " cannot be told apart with ", best.score.count, " seeds",
             needed == 0      ? ""
             : needed >= 1000 ? "; more than 1000 would be needed"
                              : str("; about ", needed, " would do"));
}

std::string estimate_text(const Estimate& estimate, int digits) {
  const std::string mean = fixed_text(estimate.mean, digits);
  return estimate.count < 2 ? mean : mean + " ± " + fixed_text(estimate.half_width(), digits);
}

}  // namespace mtnlp
