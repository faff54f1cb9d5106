#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "base/numbers.h"
#include "base/printable.h"
#include "report/page.h"

namespace mtnlp {
namespace {

constexpr size_t kManyClasses = 6;  ///< above this the most confused are listed too
constexpr size_t kFlatName = 9;     ///< bytes; longer names, or many, stand upright above a table
constexpr size_t kMostConfused = 10, kMostSlices = 12, kHeaviestWords = 3;
constexpr size_t kLongestName = 40, kUprightName = 24, kLongestText = 1000;  ///< bytes

/// Returns a bar from 0 to 1 with its interval. The number stands beside it, so it is not read out.
Html bar(const ShareFact& share) {
  const auto at = [](double value) { return fixed_text(100 * value, 1); };
  std::string code =
      "<svg class=\"bar\" viewBox=\"0 0 100 12\" aria-hidden=\"true\" focusable=\"false\" "
      "preserveAspectRatio=\"none\">"
      "<rect class=\"track\" width=\"100\" height=\"12\"/>";
  if (!std::isnan(share.value)) {
    code += "<rect class=\"fill\" y=\"2\" width=\"" + at(share.value) + "\" height=\"8\"/>";
    if (const auto [low, high] = share.interval; !std::isnan(low))
      code += "<path d=\"M" + at(low) + " 6H" + at(high) + "M" + at(low) + " 3V9M" + at(high) + " 3V9\"/>";
  }
  return Html::of_code(code + "</svg>");
}

Html share_cell(const ShareFact& share, bool known) {
  if (!known) return "–";
  return Html(figure_text(share.value)) + element("small", range_text(share.interval));
}

Html classes_html(const TaskFacts& task) {
  HtmlTable table{"Figures of each class, with intervals; the bar is F1",
                  {"class", "bar", "F1", "precision", "recall", "rows"},
                  {},
                  "bars"};
  const bool thresholds = task.confidence && task.confidence->thresholds;
  if (thresholds) table.header.insert(table.header.begin() + 2, "threshold");
  for (const ClassFact& own : task.classes) {
    if (table.rows.size() == kMostClasses) break;
    const bool known = own.rows > 0;
    table.rows.push_back({own.label, bar(known ? own.f1 : ShareFact{NAN, {NAN, NAN}}),
                          share_cell(own.f1, known),
                          share_cell(own.precision, known || own.precision.value > 0),
                          share_cell(own.recall, known), known ? Html(str(own.rows)) : Html("no rows")});
    if (thresholds) table.rows.back().insert(table.rows.back().begin() + 2, Html(figure_text(own.threshold)));
  }
  Html html = element("h4", "Classes") + table_html(table);
  if (task.classes.size() > kMostClasses)
    html += in_class("p", "soft",
                     str(task.classes.size() - kMostClasses, " more classes are in the file of --json."));
  return html;
}

/// Returns a cell of the heat map; its colour says the share of the label's rows.
Html heat_cell(uint64_t rows, uint64_t of_label, bool hit) {
  if (rows == 0) return in_class("td", "none", of_label == 0 ? "–" : "0");
  const double share = static_cast<double>(rows) / static_cast<double>(of_label);
  const std::string style =
      str("--of:var(", hit ? "--hit" : "--miss", ");--a:", fixed_text(0.08 + 0.5 * share, 2));
  return element("td", {{"style", style}}, Html(str(rows)) + element("small", percent_text(share)));
}

Html confusion_map(const TaskFacts& task) {
  std::map<std::pair<size_t, size_t>, uint64_t> cells;
  for (const auto& [gold, guess, rows] : task.confusion) cells[{gold, guess}] = rows;
  const bool upright =
      task.classes.size() > kManyClasses ||
      std::ranges::any_of(task.classes, [](const ClassFact& own) { return own.label.size() > kFlatName; });
  Html head = element("th", {{"scope", "col"}}, "label ↓ answer →"), body;
  for (const ClassFact& own : task.classes)
    head += element("th", {{"scope", "col"}, {"title", own.label}},
                    element("span", shortened(own.label, kUprightName)));
  for (size_t gold = 0; gold < task.classes.size(); ++gold) {
    Html row = element("th", {{"scope", "row"}}, shortened(task.classes[gold].label, kLongestName));
    for (size_t guess = 0; guess < task.classes.size(); ++guess) {
      const auto found = cells.find({gold, guess});
      row += heat_cell(found == cells.end() ? 0 : found->second, task.classes[gold].rows, gold == guess);
    }
    body += element("tr", row);
  }
  const std::string caption = "Rows of each label by the answer, and their share of the label's rows";
  const Html whole =
      element("caption", caption) + element("thead", element("tr", head)) + element("tbody", body);
  return element("div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", caption}, {"tabindex", "0"}},
                 in_class("table", upright ? "heat many" : "heat", whole));
}

Html most_confused(const TaskFacts& task) {
  std::vector<ConfusionCell> cells = task.confusion;
  std::erase_if(cells, [](const ConfusionCell& cell) { return cell.gold == cell.guess; });
  std::ranges::stable_sort(cells, std::greater(), &ConfusionCell::rows);
  cells.resize(std::min(cells.size(), kMostConfused));
  if (cells.empty()) return {};
  HtmlTable table{
      "Labels that get another answer most often", {"label", "answer", "rows", "share of the label"}, {}};
  for (const auto& [gold, guess, rows] : cells)
    table.rows.push_back(
        {task.classes[gold].label, task.classes[guess].label, str(rows),
         percent_text(static_cast<double>(rows) / static_cast<double>(task.classes[gold].rows))});
  return table_html(table);
}

Html confusion_html(const TaskFacts& task) {
  if (task.confusion.empty()) return {};
  Html html = element("h4", "Confusion");
  if (task.classes.size() <= kMostClasses) html += confusion_map(task);
  return task.classes.size() > kManyClasses ? html + most_confused(task) : html;
}

HtmlTable figures_table(const std::string& caption, std::span<const FigureFact> figures) {
  HtmlTable table{caption, {"figure", "value", "95% interval"}, {}};
  for (const FigureFact& figure : figures)
    table.rows.push_back({figure.title, figure_text(figure.value), range_text(figure.interval)});
  return table;
}

Html figures_html(const TaskFacts& task) {
  const std::span<const FigureFact> all = task.figures;
  Html html = table_html(figures_table("Figures", all.first(task.headlines)));
  if (task.headlines < all.size())
    html +=
        folded("More figures",
               table_html(figures_table("Figures by their names in the JSON", all.subspan(task.headlines))));
  return html;
}

/// Returns the slices with the largest share of rows that are wrong, or off by more than the median, and a sentence on those that are worse than the others.
Html slices_html(const TaskFacts& task) {
  if (task.slices.empty()) return {};
  std::vector<Slice> slices = task.slices;
  std::ranges::stable_sort(slices, std::greater(), &Slice::share);
  slices.resize(std::min(slices.size(), kMostSlices));
  HtmlTable table{
      "Rows that have something in common, beside all others; p is corrected for their number (Holm)",
      {"rows", "number", slices.front().counted(), "of the others", "p"},
      {}};
  std::string worse;
  for (const Slice& slice : slices) {
    const std::string name = str(slice.by, ": ", shortened(printable(slice.name), kLongestName));
    table.rows.push_back({name, str(slice.rows),
                          Html(percent_text(slice.share())) +
                              element("small", range_text(wilson_interval(slice.wrong, slice.rows))),
                          percent_text(slice.other_share()), figure_text(slice.corrected)});
    if (slice.is_worse()) worse += (worse.empty() ? "" : "; ") + name;
  }
  return element("h4", "Where it fails") +
         element("p", worse.empty() ? "No slice is worse than the other rows beyond noise."
                                    : "Worse than the other rows: " + worse + ".") +
         table_html(table);
}

/// Returns the words that add most to a wrong answer.
Html heaviest_html(Explanation words) {
  std::ranges::stable_sort(words, std::greater(), &WordWeight::weight);
  std::erase_if(words, [](const WordWeight& own) { return own.weight < 0.005; });
  words.resize(std::min(words.size(), kHeaviestWords));
  if (words.empty()) return {};
  Html html = "the answer leans on ";
  for (size_t i = 0; i < words.size(); ++i)
    html += Html(i == 0 ? "" : ", ") +
            element("b", {{"dir", "auto"}}, shortened(words[i].word, kLongestName)) +
            str(" ", fixed_text(words[i].weight, 2));
  return in_class("div", "soft", html);
}

/// Says what the rows below are.
std::string errors_text(const TaskFacts& task) {
  const std::string rows = count_text(task.rows, "row");
  if (task.wrong == 0) return "None of " + rows + " has a wrong answer.";
  if (!task.confidence) return str("Of ", rows, " those whose answers are farthest off:");
  return str(task.wrong, " of ", rows, " have a wrong answer",
             task.wrong > task.errors.size() ? str("; the ", task.errors.size(), " most confident:")
                                             : "; the most confident first:");
}

Html errors_html(const TaskFacts& task) {
  Html items;
  for (const WrongRow& row : task.errors) {
    Html about = Html("label ") + element("b", {{"dir", "auto"}}, row.label) + ", answer " +
                 element("b", {{"dir", "auto"}}, row.answer);
    about +=
        task.confidence ? ", confidence " + figure_text(row.confidence) : ", error " + figure_text(row.error);
    about += Html(" ") + in_class("span", "soft", str("(", row.file, ", row ", row.row, ")"));
    items += element("li", element("blockquote", {{"dir", "auto"}}, shortened(row.text, kLongestText)) +
                               element("div", about) + heaviest_html(row.words));
  }
  const Html head = element("h4", "Errors") + element("p", errors_text(task));
  return items.empty() ? head : head + in_class("ol", "errors", items);
}

}  // namespace

Html headline_html(const TaskFacts& task) {
  constexpr size_t kMostFigures = 4;
  Html items;
  for (size_t i = 0; i < std::min(task.headlines, kMostFigures); ++i) {
    const FigureFact& figure = task.figures[i];
    items += element("div", element("dt", figure.title) +
                                element("dd", element("b", figure_text(figure.value)) +
                                                  in_class("span", "soft", range_text(figure.interval))));
  }
  return in_class("div", "card",
                  element("h3", task_cell(task.name)) +
                      in_class("div", "soft", task.outline + ", " + count_text(task.rows, "row")) +
                      element("dl", items));
}

Html task_html(const TaskFacts& task, const std::string& id) {
  Html html = element("h3", {{"id", id}}, task_cell(task.name)) + figures_html(task);
  if (!task.classes.empty()) html += classes_html(task);
  html += confusion_html(task) + slices_html(task);
  if (task.confidence) html += confidence_html(*task.confidence);
  return html + errors_html(task);
}

}  // namespace mtnlp
