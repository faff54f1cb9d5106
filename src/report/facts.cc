#include "report/facts.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "base/field.h"
#include "base/numbers.h"
#include "mtnlp/version.h"
#include "report/data_report.h"
#include "run/checkpoints.h"

namespace mtnlp {
namespace {

/// Returns what tells the rows of a task apart, in their order: text, target, and how often both came before.
std::vector<std::string> row_keys(const RunAnswers& run, size_t task) {
  const ScoredRows& scored = run.scored[task];
  std::map<std::string, size_t> seen;
  std::vector<std::string> keys;
  for (size_t i = 0; i < scored.size(); ++i) {
    std::string key = run.tasks[task].kind->text(run.tasks[task], scored.targets[i]);
    key += '\n' + run.rows[scored.ids[i]].text;
    const size_t times = seen[key]++;
    keys.push_back(str(times, '\n', key));
  }
  return keys;
}

/// Returns the comparison of two tasks on their common rows.
Comparison compare_tasks(const RunAnswers& a, size_t of_a, const RunAnswers& b, size_t of_b) {
  std::map<std::string, size_t> places;
  const std::vector<std::string> keys_a = row_keys(a, of_a), keys_b = row_keys(b, of_b);
  for (size_t i = 0; i < keys_b.size(); ++i) places[keys_b[i]] = i;
  std::vector<size_t> in_a, in_b;
  for (size_t i = 0; i < keys_a.size(); ++i)
    if (const auto found = places.find(keys_a[i]); found != places.end()) {
      in_a.push_back(i);
      in_b.push_back(found->second);
    }
  return compare(*metrics_of(a.tasks[of_a], rows_at(a.scored[of_a], in_a)),
                 *metrics_of(b.tasks[of_b], rows_at(b.scored[of_b], in_b)));
}

/// Corrects the p of all pairs of one task.
void correct(std::vector<PairFacts>& pairs) {
  std::map<std::string, std::vector<PairFacts*>> of_task;
  for (PairFacts& pair : pairs) of_task[pair.task].push_back(&pair);
  for (const auto& [task, own] : of_task) {
    std::vector<double> p;
    for (const PairFacts* pair : own) p.push_back(pair->comparison.p);
    const std::vector<double> corrected = holm_corrected(p);
    for (size_t i = 0; i < own.size(); ++i) own[i]->p = corrected[i];
  }
}

OrderedJson epochs_json(const EpochFacts& epochs) {
  OrderedJson rows = OrderedJson::array();
  for (const auto& row : epochs.table.rows()) {
    OrderedJson& cells = rows.emplace_back(OrderedJson::object());
    for (size_t i = 0; i < row.size(); ++i) {
      const double value = parse_number<double>(row[i]).value_or(NAN);
      cells[epochs.table.columns()[i]] = std::isnan(value) ? OrderedJson() : OrderedJson(value);
    }
  }
  return {{"rows", rows}, {"chosen", epochs.chosen ? rows[*epochs.chosen]["epoch"] : OrderedJson()}};
}

OrderedJson run_json(const RunFacts& run, size_t index) {
  OrderedJson json = {{"letter", run_letter(index)},
                      {"run", run.name},
                      {"checkpoint", run.checkpoint},
                      {"model", run.model},
                      {"epochs", epochs_json(run.epochs)},
                      {"part", part_name(run.part)},
                      {"tasks", OrderedJson::object()},
                      {"data", data_check_json(run.data)},
                      {"warnings", run.warnings},
                      {"options", OrderedJson::object()},
                      {"command", run.command}};
  if (!run.note.empty()) json["setting"] = run.note;
  for (const TaskFacts& task : run.tasks) json["tasks"][task.name] = task_json(task);
  for (const OptionFact& option : run.options)
    json["options"][option.name] = {{"values", option.values}, {"default", option.is_default}};
  return json;
}

OrderedJson pair_json(const PairFacts& pair) {
  OrderedJson json = {{"a", run_letter(pair.a)}, {"b", run_letter(pair.b)}, {"task", pair.task}};
  json.update(to_json(pair.comparison, std::nullopt));
  json.erase("sentence");  // it goes by the p of the pair alone
  json["p_corrected"] = pair.p;
  json["verdict"] = verdict_name(pair.verdict());
  return json;
}

OrderedJson sweep_json(const SweepFacts& sweep) {
  OrderedJson json = {{"sweep", sweep.name}, {"verdict", sweep.verdict}, {"settings", OrderedJson::array()}};
  for (const auto& [text, epochs, failed, score] : sweep.settings) {
    OrderedJson& own = json["settings"].emplace_back(
        OrderedJson{{"setting", text}, {"seeds", score.count}, {"failed", failed}, {"epochs", epochs}});
    if (!std::isnan(score.mean)) own["score"] = score.mean;
    if (!std::isnan(score.half_width())) own["score_ci95"] = score.half_width();
  }
  return json;
}

}  // namespace

Verdict PairFacts::verdict() const {
  Comparison corrected = comparison;
  corrected.p = p;
  return verdict_of(corrected, std::nullopt);
}

std::string run_letter(size_t run) {
  return {static_cast<char>('A' + run)};
}

EpochFacts epoch_facts(const fs::path& run, const fs::path& checkpoint) {
  EpochFacts facts;
  const fs::path file = run / "metrics.csv";
  if (!fs::exists(file)) return facts;
  facts.table = MetricsTable::read(file);
  uint64_t step = 0;
  if (is_checkpoint_name(checkpoint.filename().string(), &step)) facts.chosen = facts.table.row_at(step);
  return facts;
}

std::vector<std::string> all_warnings(const fs::path& run, const DataCheck& data) {
  std::vector<std::string> warnings;
  const auto add = [&](const std::string& warning) {
    if (std::ranges::find(warnings, warning) == warnings.end()) warnings.push_back(warning);
  };
  for (const std::string& warning : data.warnings) add(one_line(spelled(warning, Spelling::kOption)));
  std::ifstream log(run / "train.log");
  constexpr std::string_view kLevel = " warning ";  // behind date and time
  constexpr size_t kAt = std::string_view("2026-11-30 04:51:06").size();
  for (std::string line; std::getline(log, line);)
    if (line.size() > kAt && line.substr(kAt).starts_with(kLevel)) add(line.substr(kAt + kLevel.size()));
  return warnings;
}

std::vector<PairFacts> compare_runs(const std::vector<RunAnswers>& runs) {
  std::vector<PairFacts> pairs;
  for (size_t a = 0; a < runs.size(); ++a)
    for (size_t b = a + 1; b < runs.size(); ++b) {
      if (a > 0 && b >= kMostPaired) continue;
      for (size_t of_a = 0; of_a < runs[a].tasks.size(); ++of_a) {
        const Task& task = runs[a].tasks[of_a];
        const auto found = std::ranges::find(runs[b].tasks, task.name, &Task::name);
        if (found == runs[b].tasks.end() || found->kind != task.kind) continue;
        const auto of_b = static_cast<size_t>(found - runs[b].tasks.begin());
        Comparison comparison = compare_tasks(runs[a], of_a, runs[b], of_b);
        if (comparison.rows > 0) pairs.push_back({a, b, task.name, std::move(comparison), 1});
      }
    }
  correct(pairs);
  return pairs;
}

OrderedJson report_json(const ReportFacts& facts) {
  OrderedJson json = {{"mtnlp", kVersion}, {"runs", OrderedJson::array()}, {"pairs", OrderedJson::array()}};
  for (size_t i = 0; i < facts.runs.size(); ++i) json["runs"].push_back(run_json(facts.runs[i], i));
  for (const PairFacts& pair : facts.pairs) json["pairs"].push_back(pair_json(pair));
  if (!facts.sweeps.empty()) json["sweeps"] = OrderedJson::array();
  for (const SweepFacts& sweep : facts.sweeps) json["sweeps"].push_back(sweep_json(sweep));
  return json;
}

}  // namespace mtnlp
