#include "report/page.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "base/printable.h"
#include "mtnlp/version.h"

namespace mtnlp {
namespace {

constexpr const char* kOfIntervals =
    "An interval holds what other rows of the same kind would give 95 times of 100. It does not say how "
    "training with "
    "another seed differs.";

std::string id_of_run(size_t run) {
  return str("run-", run_letter(run));
}

Html link(const std::string& id, const Html& words) {
  return element("a", {{"href", "#" + id}}, words);
}

/// Returns the name of a run where several are beside each other.
std::string name_of_run(const ReportFacts& facts, size_t run) {
  const RunFacts& own = facts.runs[run];
  const std::string name = own.note.empty() ? own.name : own.name + " (" + own.note + ")";
  return facts.runs.size() == 1 ? "Summary" : run_letter(run) + ": " + name;
}

Html contents(const ReportFacts& facts) {
  Html items;
  if (facts.runs.size() > 1) items += element("li", link("compared", "Side by side"));
  for (const SweepFacts& sweep : facts.sweeps)
    items += element("li", link("sweep", "Settings of " + sweep.name));
  for (size_t run = 0; run < facts.runs.size(); ++run) {
    const std::string id = id_of_run(run);
    Html own = element("li", link(id + "-learning", "Learning"));
    for (size_t task = 0; task < facts.runs[run].tasks.size(); ++task)
      own += element("li", link(str(id, "-task-", task), task_cell(facts.runs[run].tasks[task].name)));
    own += element("li", link(id + "-data", "Data")) + element("li", link(id + "-options", "Options"));
    const Html first = link(id, name_of_run(facts, run));
    items += facts.runs.size() == 1 ? element("li", first) + own : element("li", first + element("ul", own));
  }
  return element("nav", {{"aria-label", "Contents"}}, element("ul", items));
}

Html sweep_html(const SweepFacts& sweep) {
  HtmlTable table{
      "Score on the validation part, mean over the seeds", {"setting", "score", "seeds", "epochs"}, {}};
  for (const auto& [text, epochs, failed, score] : sweep.settings) {
    const double half = score.half_width();
    table.rows.push_back(
        {text,
         Html(figure_text(score.mean)) +
             in_class("small", "soft", std::isnan(half) ? "" : "± " + figure_text(half)),
         failed == 0 ? str(score.count) : str(score.count, ", and ", failed, " whose loss was not finite"),
         str(epochs)});
  }
  return element("h2", {{"id", "sweep"}}, "Settings of " + sweep.name) + element("p", sweep.verdict) +
         table_html(table);
}

/// Returns what was scored, in a sentence.
std::string scored_text(const RunFacts& run) {
  std::string text = "The checkpoint " + run.checkpoint;
  if (run.epochs.chosen)
    text += str(" of epoch ", run.epochs.table.rows()[*run.epochs.chosen][0], " of ",
                run.epochs.table.rows().size());
  return text + ", scored on the " + part_name(run.part) + " part" +
         (run.part == Part::kTest
              ? "."
              : ", since the test part has no rows: it chose the epoch, so these figures flatter.");
}

Html overview(const ReportFacts& facts) {
  Html html;
  for (size_t run = 0; run < facts.runs.size(); ++run) {
    const RunFacts& own = facts.runs[run];
    const std::string id = id_of_run(run);
    Html cards;
    for (const TaskFacts& task : own.tasks) cards += headline_html(task);
    html += element("h2", {{"id", id}}, name_of_run(facts, run)) + element("p", scored_text(own)) +
            in_class("div", "cards", cards);
    html += in_class("p", "soft", kOfIntervals) + run_html(own, id);
  }
  return html;
}

}  // namespace

std::string figure_text(double value) {
  return std::isnan(value) ? "–" : fixed_text(value, 4);
}

std::string range_text(const Interval95& interval) {
  return std::isnan(interval[0]) ? "" : figure_text(interval[0]) + " – " + figure_text(interval[1]);
}

std::string percent_text(double share) {
  return std::isnan(share) ? "–" : fixed_text(100 * share, 0) + " %";
}

std::string count_text(size_t count, const std::string& noun) {
  return str(count, " ", noun, count == 1 ? "" : "s");
}

std::string report_page(const ReportFacts& facts) {
  const std::string title = facts.runs.size() == 1 ? "Report of " + facts.runs[0].name
                                                   : str("Report of ", facts.runs.size(), " runs");
  Html main;
  if (facts.runs.size() > 1) main += compared_html(facts);
  for (const SweepFacts& sweep : facts.sweeps) main += sweep_html(sweep);
  main += overview(facts);
  const Html body =
      element("a", {{"class", "skip"}, {"href", "#main"}}, "Skip to the figures") +
      element("header", element("h1", title)) + contents(facts) + element("main", {{"id", "main"}}, main) +
      element("footer", str("Made by mtnlp ", kVersion,
                            " report. Every number is in the file that "
                            "report --json writes; docs/evaluation.md says what the figures are."));
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
         "<meta name=\"generator\" content=\"mtnlp\">\n" +
         element("title", title).code() + "\n<style>" + kPageStyle + "</style></head>\n<body>\n" +
         body.code() + "</body></html>\n";
}

}  // namespace mtnlp
