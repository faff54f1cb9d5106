#include "tasks/labels.h"

#include <algorithm>

#include "base/csv.h"
#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/label_warnings.h"
#include "text/fold_text.h"
#include "text/unicode.h"

namespace mtnlp {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

bool has_no_label(std::string_view cell, const std::vector<std::string>& missing) {
  const std::string_view label = trim(cell);
  return std::ranges::find(missing, label) != missing.end() || without_invisible(label).empty();
}

std::vector<size_t> sort_labels(std::vector<std::string>& labels) {
  const std::vector<std::string> before = labels;
  std::ranges::sort(labels);
  std::vector<size_t> places;
  for (const std::string& label : before)
    places.push_back(static_cast<size_t>(std::ranges::lower_bound(labels, label) - labels.begin()));
  return places;
}

void Labels::close(const std::vector<std::string>& labels, std::string origin) {
  origin_ = std::move(origin);
  for (const std::string& each : labels) {
    const std::string_view label = trim(each);
    if (!is_valid_utf8(label)) fail_input("the label ", shown(label), " in ", origin_, " is not UTF-8");
    if (std::ranges::find(missing_, label) != missing_.end())
      fail_input(field("missing_labels"), ": ", shown(label), " is a label, one of ", origin_);
    if (!index_.emplace(label, index_.size()).second)
      fail_input("the label ", shown(label), " occurs twice in ", origin_);
  }
}

std::optional<size_t> Labels::find(std::string_view cell, const std::string& task,
                                   const std::function<std::string()>& place) {
  const std::string_view label = trim(cell);
  if (label.empty()) return std::nullopt;
  if (const auto found = index_.find(label); found != index_.end()) return found->second;
  if (has_no_label(label, missing_)) return std::nullopt;
  if (!is_valid_utf8(label))
    fail_input(place(), ": the label ", shown(label), " of task ", shown(task),
               " is not UTF-8; convert the file, with iconv -f WINDOWS-1252 -t UTF-8 say");
  if (closed()) fail_unknown(label, task, place());
  return index_.emplace(label, index_.size()).first->second;
}

void Labels::fail_unknown(std::string_view label, const std::string& task, const std::string& place) const {
  const std::vector<std::string> all = names();
  std::vector<std::string> known;
  for (size_t i = 0; i < std::min<size_t>(all.size(), 20); ++i)
    known.push_back(shortened(printable(all[i]), 20));
  if (all.size() > known.size()) known.push_back("...");
  const std::string hint =
      stands_for_missing(label)
          ? str("; ", field("missing_labels"), "='", csv_field(std::string(label)), "' makes it no label")
          : printable(did_you_mean(label, all));
  fail_input(place, ": the label ", shown(label), " of task ", shown(task), " is not in ", origin_, ": ",
             join(known), hint);
}

std::vector<std::string> Labels::names() const {
  std::vector<std::string> names(index_.size());
  for (const auto& [name, index] : index_) names[index] = name;
  return names;
}

void LabelKinds::note(std::string_view cell, Cell type) {
  constexpr size_t kLongest = 100;  // of a number that someone takes for a label
  const std::string_view label = trim(cell);
  if (label.empty() || label.size() > kLongest) return;
  if (std::string_view("-0123456789tf").find(label[0]) == std::string_view::npos) return;
  auto found = seen_.find(label);
  if (found == seen_.end()) found = seen_.emplace(label, Seen()).first;
  if (type == Cell::kText)
    found->second.string = true;
  else
    found->second.other = type;
}

std::string LabelKinds::warning(const std::string& task) const {
  std::vector<std::string> mixed;
  for (const auto& [label, seen] : seen_)
    if (seen.string && seen.other != Cell::kText)
      mixed.push_back(str(shown(label), " (", cell_name(seen.other), " or a string)"));
  if (mixed.empty()) return "";
  return str("task ", shown(task), ": JSON has ", few_of(mixed), "; the two count as one label");
}

}  // namespace mtnlp
