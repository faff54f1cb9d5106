#include "sweep/run_figures.h"

#include <algorithm>

#include "base/numbers.h"
#include "base/statistics.h"
#include "sweep/summary.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// Says whether a figure of a task stands in metrics.csv, too.
bool is_of_epoch(const std::string& key) {
  const auto is_it = [&](const Figure& figure) { return figure.of_epoch && figure.key == key; };
  return key == "loss" || std::ranges::any_of(task_kinds(), [&](const TaskKind* kind) {
           return std::ranges::any_of(kind->figures(), is_it);
         });
}

}  // namespace

void RunFigures::add(const Json& results) {
  const Json tasks = results.value("tasks", Json::object());
  for (const auto& [task, figures] : tasks.items())
    for (const auto& [key, value] : figures.items())
      if (value.is_number() && key != "rows") values_[task][key].push_back(value.get<double>());
}

OrderedJson RunFigures::to_json() const {
  OrderedJson json = OrderedJson::object();
  for (const auto& [task, figures] : values_)
    for (const auto& [key, list] : figures) {
      const Estimate mean = estimate(list);
      json[task][key] = {{"mean", mean.mean}, {"ci95", mean.half_width()}};
    }
  return json;
}

std::string RunFigures::text() const {
  std::string text;
  for (const auto& [task, figures] : values_) {
    text += task + ":";
    for (const auto& [key, list] : figures)
      if (is_of_epoch(key)) text += str(" ", key, " ", estimate_text(estimate(list)), ",");
    text.back() = '\n';
  }
  return text;
}

}  // namespace mtnlp
