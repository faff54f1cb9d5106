#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "report/chart.h"
#include "report/page.h"

namespace mtnlp {
namespace {

/// Returns the names of the tasks of all runs, in the order in which they come.
std::vector<std::string> all_tasks(const ReportFacts& facts) {
  std::vector<std::string> names;
  for (const RunFacts& run : facts.runs)
    for (const TaskFacts& task : run.tasks)
      if (std::ranges::find(names, task.name) == names.end()) names.push_back(task.name);
  return names;
}

const TaskFacts* task_of(const RunFacts& run, const std::string& name) {
  const auto found = std::ranges::find(run.tasks, name, &TaskFacts::name);
  return found == run.tasks.end() ? nullptr : &*found;
}

Html runs_table(const ReportFacts& facts) {
  HtmlTable table{"Runs", {"run", "folder", "setting", "scored"}, {}, "text"};
  for (size_t run = 0; run < facts.runs.size(); ++run) {
    const RunFacts& own = facts.runs[run];
    table.rows.push_back({run_letter(run), own.name, own.note, str(part_name(own.part), " part")});
  }
  if (std::ranges::all_of(facts.runs, [](const RunFacts& run) { return run.note.empty(); })) {
    table.header.erase(table.header.begin() + 2);
    for (auto& row : table.rows) row.erase(row.begin() + 2);
  }
  return table_html(table);
}

/// Returns the figures of one task, a column for each run.
Html figures_of_runs(const ReportFacts& facts, const std::string& name) {
  HtmlTable table{"Figures of " + task_cell(name), {"figure"}, {}};
  std::vector<std::pair<std::string, std::string>> figures;  // key, title
  for (size_t run = 0; run < facts.runs.size(); ++run) {
    table.header.push_back(run_letter(run));
    if (const TaskFacts* task = task_of(facts.runs[run], name))
      for (size_t i = 0; i < task->headlines; ++i)
        if (std::pair one{task->figures[i].key, task->figures[i].title};
            !task->figures[i].own_unit && std::ranges::find(figures, one) == figures.end())
          figures.push_back(one);
  }
  for (const auto& [key, title] : figures) {
    std::vector<Html> row = {title};
    for (const RunFacts& run : facts.runs) {
      const TaskFacts* task = task_of(run, name);
      const auto found = task == nullptr ? decltype(task->figures.begin())()
                                         : std::ranges::find(task->figures, key, &FigureFact::key);
      if (task == nullptr || found == task->figures.end())
        row.emplace_back("–");
      else
        row.push_back(Html(figure_text(found->value)) + element("small", range_text(found->interval)));
    }
    table.rows.push_back(std::move(row));
  }
  std::vector<Html> rows = {"rows"};
  for (const RunFacts& run : facts.runs) {
    const TaskFacts* task = task_of(run, name);
    rows.emplace_back(task == nullptr ? "–" : str(task->rows));
  }
  table.rows.push_back(std::move(rows));
  return table_html(table);
}

/// Returns a chart of the first figure of a task in all runs.
Html chart_of_runs(const ReportFacts& facts, const std::string& name) {
  ChartSeries series{task_cell(name), {}};
  ChartOptions options{.title = "", .x_label = "run", .y_label = "", .in_page = true};
  for (size_t run = 0; run < facts.runs.size(); ++run) {
    options.names.push_back(run_letter(run));
    const TaskFacts* task = task_of(facts.runs[run], name);
    if (task == nullptr || task->figures.empty()) continue;
    const FigureFact& first = task->figures.front();
    options.y_label = first.title;
    series.points.push_back({static_cast<double>(run), first.value, first.interval[0], first.interval[1]});
  }
  options.title = options.y_label + " of " + series.name + " in each run, with intervals";
  return element("figure",
                 element("figcaption", options.title) + Html::of_code(chart_svg({series}, options)));
}

Html pairs_table(const ReportFacts& facts) {
  HtmlTable table{"Each two runs, on the rows that both were scored on",
                  {"pair", "task", "difference", "rows", "won", "lost", "p", "p of all", "shown"},
                  {}};
  for (const PairFacts& pair : facts.pairs) {
    const std::string a = run_letter(pair.a), b = run_letter(pair.b);
    const Comparison& found = pair.comparison;
    const auto shown = [&]() -> std::string {
      switch (pair.verdict()) {
        case Verdict::kBetter:
          return b + " is better";
        case Verdict::kWorse:
          return a + " is better";
        default:
          return "not told apart";
      }
    };
    Html difference = "–";
    if (!found.figures.empty()) {
      const FigurePair& first = found.figures.front();
      difference = Html(str(first.b < first.a ? "−" : "+", figure_text(std::abs(first.b - first.a)), " ",
                            first.figure.title)) +
                   element("small", range_text(first.difference));
    }
    table.rows.push_back({str(b, " − ", a), task_cell(pair.task), difference, str(found.rows), str(found.won),
                          str(found.lost), figure_text(found.p), figure_text(pair.p), shown()});
  }
  return table_html(table);
}

}  // namespace

Html compared_html(const ReportFacts& facts) {
  Html html = element("h2", {{"id", "compared"}}, "Side by side") + runs_table(facts);
  Html charts;
  for (const std::string& name : all_tasks(facts)) charts += chart_of_runs(facts, name);
  html += in_class("div", "charts", charts);
  for (const std::string& name : all_tasks(facts)) html += figures_of_runs(facts, name);
  if (facts.pairs.empty()) return html + element("p", "The runs share no task and no row to be compared on.");
  return html + element("h3", "Which is better") + pairs_table(facts) +
         element("p",
                 "Won: rows that the first of the pair has right and the second wrong; lost: the other way "
                 "round. p is that of the "
                 "exact sign test on these (McNemar's), p of all is corrected for the number of pairs "
                 "(Holm); below "
                 "0.05 one is called better. Not told apart does not mean equal.");
}

}  // namespace mtnlp
