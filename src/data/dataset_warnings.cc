#include "data/dataset_warnings.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/words.h"

namespace mtnlp {

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
