#include "run/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/words.h"
#include "run/options_file.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

constexpr const char *kLoss = "loss", *kColumn = ".val_";

/// Returns the figures of an epoch that tasks of `kind` have.
std::vector<std::string> figures_of(const TaskKind& kind) {
  std::vector<std::string> keys = {kLoss};
  for (const Figure& figure : kind.figures())
    if (figure.of_epoch) keys.emplace_back(figure.key);
  return keys;
}

}  // namespace

Selection::Selection(const std::string& text) : figure_(text) {
  const size_t dot = text.rfind('.');
  if (dot == std::string::npos) return;
  task_ = text.substr(0, dot);
  figure_ = text.substr(dot + 1);
  if (task_.empty() || figure_.empty())
    fail_input(field("select"), ": ", in_quotes(text),
               " is not FIGURE or TASK.FIGURE, such as mood.accuracy");
}

void Selection::require_in(const std::vector<Task>& tasks) const {
  if (!task_.empty()) require_task(tasks, task_, field("select"));
  std::vector<std::string> valid;
  for (const Task& task : tasks) {
    if (!task_.empty() && task.name != task_) continue;
    for (const std::string& key : figures_of(*task.kind))
      if (std::ranges::find(valid, key) == valid.end()) valid.push_back(key);
  }
  if (!figure_.empty() && std::ranges::find(valid, figure_) == valid.end())
    fail_input(field("select"), ": ", in_quotes(figure_), " is not a figure of ",
               task_.empty() ? "these tasks" : "task " + task_, "; valid are: ", join(valid),
               did_you_mean(figure_, valid));
}

bool Selection::is_score(const std::string& column) const {
  const size_t at = column.rfind(kColumn);
  if (at == std::string::npos || (!task_.empty() && column.substr(0, at) != task_)) return false;
  const std::string key = column.substr(at + std::string(kColumn).size());
  if (!figure_.empty()) return key == figure_;
  return std::ranges::any_of(task_kinds(), [&](const TaskKind* kind) {
    return std::ranges::any_of(kind->figures(),
                               [&](const Figure& figure) { return figure.chooses && figure.key == key; });
  });
}

double Selection::score(const MetricsTable& table, size_t row) const {
  double sum = 0;
  size_t tasks = 0;
  for (size_t i = 0; i < table.columns().size(); ++i) {
    if (!is_score(table.columns()[i])) continue;
    const std::string& cell = table.rows()[row][i];
    if (cell == "nan") continue;
    const auto value = parse_number<double>(cell);
    if (!value)
      fail_input("metrics.csv: ", table.columns()[i], " is ", shown(cell), ", which is not a number");
    sum += figure_ == kLoss ? -*value : *value;
    ++tasks;
  }
  return tasks == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(tasks);
}

std::optional<size_t> Selection::best_row(const MetricsTable& table) const {
  std::optional<size_t> best;
  for (size_t row = 0; row < table.rows().size(); ++row)
    if (!best || !(score(table, row) <= score(table, *best))) best = row;
  return best;
}

Selection Selection::of_task(const std::string& task) const {
  Selection own = *this;
  own.task_ = task;
  return own;
}

Selection selection_of_run(const fs::path& run) {
  const fs::path file = run / "options.toml";
  if (!fs::exists(file)) return Selection();
  for (const StoredOption& option : read_options(file))
    if (option.name == "select" && !option.values.empty()) return Selection(option.values[0]);
  return Selection();
}

bool has_stalled(const MetricsTable& table, const Selection& selection, size_t patience,
                 std::optional<StopOn> tasks, const std::vector<std::string>& names) {
  if (patience == 0 || table.rows().size() <= patience) return false;
  const auto stalled = [&](const Selection& of) {
    const size_t last = table.rows().size() - 1;
    return !std::isnan(of.score(table, last)) && last - *of.best_row(table) >= patience;
  };
  if (!tasks) return stalled(selection);
  std::vector<std::string> scored = names;  // a task without validation rows has no say
  std::erase_if(scored, [&](const std::string& name) {
    return std::isnan(selection.of_task(name).score(table, table.rows().size() - 1));
  });
  const auto of_task = [&](const std::string& name) { return stalled(selection.of_task(name)); };
  if (*tasks == StopOn::kAny) return std::ranges::any_of(scored, of_task);
  return !scored.empty() && std::ranges::all_of(scored, of_task);
}

}  // namespace mtnlp
