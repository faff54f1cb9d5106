#include "data/dataset_warnings.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/words.h"

namespace mtnlp {
namespace {

/// Case folded: what pandas, R, SQL, Excel and people write.
constexpr std::string_view kMissing[] = {
    "nan",      "+nan",    "-nan",    "<nan>",  "none",   "<none>",    "null",    "(null)",    "[null]",
    "<null>",   "\\n",     "nil",     "na",     "n/a",    "n.a.",      "<na>",    "n\\a",      "#n/a",
    "#n/a n/a", "#na",     "nat",     "<nat>",  "1.#ind", "-1.#ind",   "1.#qnan", "-1.#qnan",  "#null!",
    "#value!",  "#ref!",   "#div/0!", "#name?", "#num!",  "undefined", "missing", "<missing>", "(blank)",
    "<empty>",  "(empty)", "-",       "--",     "---",    "?",         ".",       "..."};

constexpr size_t kMostWords = 12;  ///< of the option that is proposed

/// Returns `words` as --missing-labels takes them.
std::string option_value(const std::vector<std::string>& words) {
  std::string line = csv_line(words);
  line.pop_back();
  return line;
}

/// Says whether so many classes in so many rows look like a column of ids or texts: about as many as rows;
/// with few classes that means nothing.
bool looks_like_ids(size_t classes, size_t rows) {
  return classes >= 10 && 2 * classes >= rows;
}

}  // namespace

bool stands_for_missing(std::string_view label) {
  const std::string folded = fold_text(without_invisible(label));
  return std::ranges::find(kMissing, folded) != std::end(kMissing) || folded == "\u2013" ||
         folded == "\u2014";
}

std::vector<std::string> label_warnings(const Task& task, const std::vector<size_t>& rows, bool chosen,
                                        const std::vector<std::string>& no_labels) {
  std::vector<std::string> warnings, missing, words = no_labels, longest;
  size_t missing_rows = 0;
  const auto warn = [&](const auto&... parts) {
    warnings.push_back(str("task ", shown(task.name), ": ", parts...));
  };
  for (size_t i = 0; i < task.labels.size(); ++i) {
    if (task.labels[i].size() > kLongestLabel) longest.push_back(shown(task.labels[i]));
    if (chosen || !stands_for_missing(task.labels[i])) continue;
    missing.push_back(shown(task.labels[i]));
    words.push_back(task.labels[i]);
    missing_rows += rows[i];
  }
  for (const std::string& line : look_alikes(task.labels)) warn(line);
  const char* s = missing.size() == 1 ? "" : "s";
  if (words.size() > kMostWords) words.resize(kMostWords);
  if (!missing.empty())
    warn("the label", s, " ", few_of(missing), " (", missing_rows, " row", missing_rows == 1 ? "" : "s",
         ") may stand for a missing label; ", field("missing_labels"), "='", printable(option_value(words)),
         "' makes ", missing.size() == 1 ? "it" : "them", " no label");
  const size_t all = std::accumulate(rows.begin(), rows.end(), size_t{0});
  if (looks_like_ids(task.labels.size(), all))
    warn(task.labels.size(), " classes in ", all,
         " rows: looks like a column of ids or texts, not of labels; ", field("label_column"), " ",
         printable(task.name), "=COLUMN names another");
  if (!longest.empty())
    warn("labels of more than ", kLongestLabel, " bytes look like texts: ", few_of(longest));
  return warnings;
}

std::vector<std::string> row_warnings(const std::vector<Source>& sources) {
  constexpr std::pair<RowCount Source::*, const char*> kKinds[] = {
      {&Source::blank, "with blank text skipped"},
      {&Source::unlabelled, "without a label skipped"},
      {&Source::unreadable, "that cannot be read skipped"},
      {&Source::not_utf8, "with bytes that are not UTF-8"},
      {&Source::repaired, "with lone surrogates, read as U+FFFD"}};
  std::vector<std::string> warnings;
  for (const auto& [kind, what] : kKinds) {
    size_t all = 0;
    std::vector<std::string> files, places;
    std::string reason;
    for (const Source& source : sources) {
      const RowCount& rows = source.*kind;
      if (rows.count == 0) continue;
      all += rows.count;
      files.push_back(printable(source.file));
      const bool numbered = !rows.numbers.empty() && rows.numbers[0] > 0;
      std::vector<std::string> lines;
      for (const size_t line : numbered ? rows.numbers : rows.lines) lines.push_back(std::to_string(line));
      places.push_back(str(numbered ? "row" : "line", rows.count == 1 ? " " : "s ", join(lines),
                           rows.count > lines.size() ? ", ..." : ""));
      if (reason.empty() && kind == &Source::unreadable) reason = ": " + source.unreadable_reason;
    }
    if (files.size() == 1)
      warnings.push_back(
          str(files[0], ": ", all, all == 1 ? " row " : " rows ", what, " (", places[0], ")", reason));
    if (files.size() < 2) continue;
    for (size_t i = 0; i < files.size(); ++i) files[i] += " (" + places[i] + ")";
    warnings.push_back(str(all, " rows ", what, " in ", files.size(), " files: ", few_of(files), reason));
  }
  return warnings;
}

}  // namespace mtnlp
