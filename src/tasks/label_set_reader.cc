#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/label_warnings.h"
#include "tasks/labels.h"
#include "tasks/multi_label.h"

namespace mtnlp {
namespace {

/// What a cell of a column that stands for a label says.
enum class Flag { kNo, kYes, kEmpty, kMissing };

/// Numbers labels in the order in which they come, until they are settled and sorted.
class LabelSetReader final : public TargetReader {
 public:
  LabelSetReader(std::string task, const CellReading& reading)
      : task_(std::move(task)), reading_(reading), labels_(reading.missing) {}

  void know(const Task& task, const std::string& origin) override {
    labels_.close(task.labels, origin);
    chosen_ = true;
  }

  Target read(const TargetCell& cell) override {
    const Cell type = cell.type.value_or(Cell::kText);
    if (type == Cell::kNull || type == Cell::kAbsent) return kNoTarget;
    if (type == Cell::kList) return read_list(cell);
    if (type != Cell::kText)
      fail_input(cell.place(), ": the labels of task ", shown(task_), " are ", cell_name(type),
                 ", not a string or a list of strings: ", shown(cell.text));
    return target_of(pieces_of(cell.text, reading_.separator), cell);
  }

  Target read_columns(std::span<const TargetCell> cells) override {
    LabelSet set;
    size_t empty = 0, missing = 0;
    for (const TargetCell& cell : cells) {
      const auto label = labels_.find(cell.column, task_, cell.place);
      if (!label)
        fail_input(cell.place(), ": the column ", shown(cell.column), " of task ", shown(task_),
                   " has a name that stands for no label");
      const Flag flag = flag_of(cell);
      empty += flag == Flag::kEmpty ? 1 : 0;
      missing += flag == Flag::kMissing ? 1 : 0;
      if (flag == Flag::kYes) set.push_back(static_cast<uint32_t>(*label));
    }
    if (missing == cells.size() || (empty + missing == cells.size() && !reading_.empty_is_none))
      return kNoTarget;
    if (missing > 0 || (empty > 0 && !reading_.empty_is_none)) fail_gap(cells);
    return intern(std::move(set));
  }

  void settle(Task& task, const std::string& files) override {
    task.labels = labels_.names();
    if (task.labels.empty()) fail_input("task \"", task.name, "\" has no label in ", files);
    if (labels_.closed()) return;
    const std::vector<size_t> places = sort_labels(task.labels);
    const auto as_read = std::exchange(sets_, {});
    for (const auto& [before, target] : as_read) {
      LabelSet set;
      for (const uint32_t label : before) set.push_back(static_cast<uint32_t>(places[label]));
      settled_.emplace(before, intern(std::move(set)));
    }
    labels_ = Labels(reading_.missing);
    labels_.close(task.labels, "those of its " + field("task") + " files");
  }

  Target settled(Target target) const override {
    if (target.is_none() || settled_.empty()) return target;
    return settled_.at(LabelSet(target.set().begin(), target.set().end()));
  }

  std::vector<std::string> doubts(const Task& task, std::span<const Target> targets) const override {
    std::vector<std::string> lines =
        label_warnings(task, rows_of_labels(task, targets), chosen_, reading_.missing);
    const bool several =
        std::ranges::any_of(targets, [](const Target& target) { return target.set().size() > 1; });
    const auto is_flag = [](const std::string& label) { return label == "0" || label == "1"; };
    if (std::ranges::all_of(task.labels, is_flag))
      lines.push_back(str("task ", shown(task.name),
                          ": its labels are 0 and 1; where columns of 0 and 1 stand for "
                          "labels, each of them is named by ",
                          field("label_column"), ", and one alone is a task of one label of several"));
    else if (!several)
      lines.push_back(str("task ", shown(task.name),
                          ": no row has more than one label; between the labels of a cell "
                          "stands ",
                          shown(reading_.separator), ", unless ", field("label_separator"),
                          " names another"));
    return lines;
  }

  std::vector<std::string> gaps(const Task& task, std::span<const Target> targets) const override {
    return label_gaps(task, rows_of_labels(task, targets));
  }

  std::vector<std::string> mixtures(const Task&) const override { return {}; }

 private:
  static std::vector<size_t> rows_of_labels(const Task& task, std::span<const Target> targets) {
    std::vector<size_t> rows(task.labels.size());
    for (const Target& target : targets)
      for (const uint32_t label : target.set()) ++rows[label];
    return rows;
  }

  Target read_list(const TargetCell& cell) {
    const auto list = parse_json<Json>(cell.text);
    std::vector<std::string_view> pieces;
    for (const Json& item : list) {
      if (!item.is_string())
        fail_input(cell.place(), ": the list of labels of task ", shown(task_), " holds ", json_excerpt(item),
                   ", which is not a string");
      pieces.push_back(item.get_ref<const std::string&>());
    }
    return target_of(pieces, cell);
  }

  /// Returns the target of a cell that holds these labels, of which some may be empty or missing words.
  Target target_of(const std::vector<std::string_view>& pieces, const TargetCell& cell) {
    LabelSet set;
    bool missing = false;
    for (const std::string_view piece : pieces) {
      const auto label = labels_.find(piece, task_, cell.place);
      if (label) set.push_back(static_cast<uint32_t>(*label));
      missing = missing || (!label && !has_no_label(piece, {}));
    }
    if (set.empty() && (missing || !reading_.empty_is_none)) return kNoTarget;
    return intern(std::move(set));
  }

  Flag flag_of(const TargetCell& cell) const {
    constexpr std::string_view kYes[] = {"1", "1.0", "true", "True", "TRUE"},
                               kNo[] = {"0", "0.0", "false", "False", "FALSE"};
    const std::string_view text = trim(cell.text);
    const Cell type = cell.type.value_or(Cell::kText);
    if (type == Cell::kNull || type == Cell::kAbsent) return Flag::kMissing;
    if (has_no_label(text, {})) return Flag::kEmpty;
    if (std::ranges::find(kYes, text) != std::end(kYes)) return Flag::kYes;
    if (std::ranges::find(kNo, text) != std::end(kNo)) return Flag::kNo;
    if (has_no_label(text, reading_.missing)) return Flag::kMissing;
    fail_input(cell.place(), ": the column ", shown(cell.column), " of task ", shown(task_), " is ",
               shown(text), ", not 0 or 1");
  }

  /// Throws Error for a row that says of some labels whether it has them, and of others not.
  [[noreturn]] void fail_gap(std::span<const TargetCell> cells) const {
    const auto is_gap = [&](const TargetCell& cell) {
      const Flag flag = flag_of(cell);
      return flag == Flag::kMissing || (flag == Flag::kEmpty && !reading_.empty_is_none);
    };
    const TargetCell& gap = *std::ranges::find_if(cells, is_gap);
    fail_input(
        gap.place(), ": the column ", shown(gap.column), " of task ", shown(task_),
        " is empty, though others of the row are not; valid are 0 and 1 in all of them, or nothing in any (",
        field("empty_is"), " none: an empty one is 0)");
  }

  /// Returns `set` as a target; equal sets share their memory.
  Target intern(LabelSet set) {
    make_set(set);
    if (const auto found = sets_.find(set); found != sets_.end()) return found->second;
    return sets_.emplace(set, Target(std::make_shared<const LabelSet>(set))).first->second;
  }

  std::string task_;
  CellReading reading_;
  Labels labels_;
  std::map<LabelSet, Target> sets_;  ///< all that were read
  std::map<LabelSet, Target>
      settled_;          ///< set as read → the same by sorted labels; empty where they are equal
  bool chosen_ = false;  ///< the labels were known before
};

}  // namespace

std::unique_ptr<TargetReader> make_label_set_reader(std::string task, const CellReading& reading) {
  return std::make_unique<LabelSetReader>(std::move(task), reading);
}

}  // namespace mtnlp
