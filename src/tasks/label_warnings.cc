#include "tasks/label_warnings.h"

#include <algorithm>
#include <numeric>

#include "base/csv.h"
#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/words.h"
#include "text/fold_text.h"

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
  std::vector<std::string> fields;
  for (const std::string& word : words) fields.push_back(csv_field(word));
  return join(fields, ",");
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

std::vector<std::string> label_gaps(const Task& task, const std::vector<size_t>& rows) {
  std::vector<std::string> unused;
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i] == 0) unused.push_back(shown(task.labels[i]));
  if (unused.empty()) return {};
  return {
      str("task \"", task.name, "\": no row has the label", unused.size() == 1 ? " " : "s ", few_of(unused))};
}

}  // namespace mtnlp
