#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/numbers.h"
#include "report/chart.h"
#include "report/data_report.h"
#include "report/page.h"
#include "tasks/labels.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// A column of metrics.csv, with the words for it.
struct EpochColumn {
  size_t at;
  std::string title;
};

/// Returns the column `name`, none where metrics.csv has none.
std::vector<EpochColumn> epoch_column(const MetricsTable& table, const std::string& name,
                                      const std::string& title) {
  const auto found = std::ranges::find(table.columns(), name);
  if (found == table.columns().end()) return {};
  return {{static_cast<size_t>(found - table.columns().begin()), title}};
}

std::vector<EpochColumn> loss_columns(const MetricsTable& table, const std::string& task) {
  std::vector<EpochColumn> columns = epoch_column(table, task + ".train_loss", "training loss");
  std::ranges::copy(epoch_column(table, task + ".val_loss", "validation loss"), std::back_inserter(columns));
  return columns;
}

std::vector<EpochColumn> score_columns(const MetricsTable& table, const TaskFacts& task) {
  std::vector<EpochColumn> columns;
  for (const Figure& figure : find_task_kind(task.kind, task.name).figures())
    std::ranges::copy(epoch_column(table, task.name + ".val_" + figure.key, figure.title),
                      std::back_inserter(columns));
  return columns;
}

double cell_value(const MetricsTable& table, size_t row, size_t column) {
  return parse_number<double>(table.rows()[row][column]).value_or(NAN);
}

/// Returns a chart of what is known; nothing where that is nothing.
Html curve(const EpochFacts& epochs, const std::vector<EpochColumn>& columns, const std::string& title,
           const std::string& y_label) {
  std::vector<ChartSeries> series;
  for (const auto& [at, name] : columns) {
    ChartSeries own{name, {}};
    for (size_t row = 0; row < epochs.table.rows().size(); ++row)
      if (const double value = cell_value(epochs.table, row, at); !std::isnan(value))
        own.points.push_back({cell_value(epochs.table, row, 0), value, value, value});
    if (!own.points.empty()) series.push_back(std::move(own));
  }
  if (series.empty()) return {};
  ChartOptions options{.title = title,
                       .x_label = "epoch",
                       .y_label = y_label,
                       .lines = true,
                       .in_page = true,
                       .whole_x = true};
  if (epochs.chosen) options.mark = ChartMark{cell_value(epochs.table, *epochs.chosen, 0), "chosen"};
  return element("figure", element("figcaption", title) + Html::of_code(chart_svg(series, options)));
}

Html epochs_table(const EpochFacts& epochs, const std::vector<EpochColumn>& columns,
                  const std::string& caption) {
  HtmlTable table{caption, {"epoch"}, {}};
  for (const EpochColumn& column : columns) table.header.emplace_back(column.title);
  for (size_t row = 0; row < epochs.table.rows().size(); ++row) {
    std::vector<Html>& cells = table.rows.emplace_back();
    cells.emplace_back(epochs.table.rows()[row][0] + (epochs.chosen == row ? ", chosen" : ""));
    for (const EpochColumn& column : columns)
      cells.emplace_back(figure_text(cell_value(epochs.table, row, column.at)));
  }
  return folded("Numbers of the curves of " + caption, table_html(table));
}

Html learning(const RunFacts& run, const std::string& id) {
  Html html = element("h3", {{"id", id + "-learning"}}, "Learning");
  const MetricsTable& table = run.epochs.table;
  if (table.rows().empty()) return html + element("p", "No epoch has ended.");
  Html charts, numbers;
  for (const TaskFacts& task : run.tasks) {
    const std::string name = task_cell(task.name);
    std::vector<EpochColumn> columns = loss_columns(table, task.name);
    const std::vector<EpochColumn> scores = score_columns(table, task);
    charts += curve(run.epochs, columns, "Loss of " + name + " after each epoch", "loss");
    charts += curve(run.epochs, scores, "Validation figures of " + name + " after each epoch", "");
    std::ranges::copy(scores, std::back_inserter(columns));
    numbers += epochs_table(run.epochs, columns, name);
  }
  return html + in_class("div", "charts", charts) + numbers;
}

Html data_tables(const DataCheck& check) {
  Html html;
  for (const DataTable& one : data_check_results(check)) {
    HtmlTable table{one.title, {one.table.header.begin(), one.table.header.end()}, {}};
    for (const auto& row : one.table.rows) table.rows.emplace_back(row.begin(), row.end());
    html += table_html(table);
    if (!one.table.below.empty()) html += in_class("p", "soft", std::string(trim(one.table.below)));
  }
  return html;
}

Html data_html(const RunFacts& run, const std::string& id) {
  Html html = element("h3", {{"id", id + "-data"}}, "Data");
  Html warnings;
  for (const std::string& warning : run.warnings) warnings += element("li", warning);
  if (warnings.empty())
    html += element("p", "There were no warnings.");
  else
    html += in_class("div", "warning", element("h4", "Warnings") + element("ul", warnings));
  return html + data_tables(run.data);
}

Html options_table(const std::vector<OptionFact>& options, bool defaults, const std::string& caption) {
  HtmlTable table{caption, {"option", "value"}, {}, "text"};
  for (const OptionFact& option : options)
    if (option.is_default == defaults) {
      Html values;
      for (const std::string& value : option.values)
        values += (values.empty() ? Html() : Html::of_code("<br>")) + Html(value);
      table.rows.push_back({option.name, values});
    }
  return table.rows.empty() ? Html() : table_html(table);
}

/// Returns the value at `keys`, one below the other, as text; "" where there is none.
std::string model_text(const OrderedJson& model, std::initializer_list<const char*> keys) {
  const OrderedJson* at = &model;
  for (const char* key : keys) {
    const auto found = at->find(key);
    if (found == at->end() || found->is_null()) return "";
    at = &*found;
  }
  return at->is_string() ? at->get<std::string>() : at->dump();
}

Html model_table(const OrderedJson& model) {
  HtmlTable table{"Model", {"what", "value"}, {}, "text"};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, value});
  };
  add("encoder",
      str(model_text(model, {"encoder", "architecture"}), ", ", model_text(model, {"encoder", "layers"}),
          " layers of size ", model_text(model, {"encoder", "size"})));
  add("parameters", model_text(model, {"encoder", "parameters"}));
  add("pooling", model_text(model, {"pooling"}));
  add("longest text", model_text(model, {"max_length"}) + " tokens");
  if (const auto found = model.find("provenance"); found != model.end())
    for (const auto& [key, value] : found->items()) add(key.c_str(), model_text(value, {}));
  return table_html(table);
}

Html options_html(const RunFacts& run, const std::string& id) {
  Html html = element("h3", {{"id", id + "-options"}}, "Options") + model_table(run.model);
  html += element("p", "This trains the run again, in the folder where it was started:") +
          element("pre", {{"tabindex", "0"}}, run.command);
  html += options_table(run.options, false, "Options that are not the default");
  const Html defaults = options_table(run.options, true, "Options at their default");
  return defaults.empty() ? html : html + folded("All other options", defaults);
}

}  // namespace

Html run_html(const RunFacts& run, const std::string& id) {
  Html html = learning(run, id);
  for (size_t task = 0; task < run.tasks.size(); ++task)
    html += task_html(run.tasks[task], str(id, "-task-", task));
  return html + data_html(run, id) + options_html(run, id);
}

}  // namespace mtnlp
