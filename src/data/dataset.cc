#include "mtnlp/data/dataset.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "key_of.h"
#include "mtnlp/base/error.h"
#include "mtnlp/base/random.h"
#include "mtnlp/base/suggest.h"
#include "mtnlp/data/row_reader.h"
#include "mtnlp/text/unicode.h"

namespace mtnlp {
namespace {

/// Without white space of ASCII at both ends.
std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// The labels of one task: a closed list, or one that grows with what is read.
class Labels {
 public:
  /// `origin` says where a closed list comes from, for the message about a label that is not in it.
  void close(const std::vector<std::string>& labels, std::string origin) {
    origin_ = std::move(origin);
    for (const std::string& label : labels)
      if (!index_.emplace(label, static_cast<int32_t>(index_.size())).second)
        fail_input("the label \"", label, "\" occurs twice in ", origin_);
  }
  bool closed() const { return !origin_.empty(); }

  /// kNoLabel for blank; throws Error at `place` for a label that a closed list lacks.
  int32_t find(std::string_view cell, const std::string& task, const std::function<std::string()>& place) {
    const std::string_view label = trim(cell);
    if (label.empty()) return kNoLabel;
    if (const auto found = index_.find(label); found != index_.end()) return found->second;
    if (!closed()) return index_.emplace(label, static_cast<int32_t>(index_.size())).first->second;
    std::vector<std::string> known = names();
    const std::string near = did_you_mean(label, known);
    if (known.size() > 20) known.resize(20), known.push_back("...");
    fail_input(place(), ": the label \"", label, "\" of task \"", task, "\" is not in ", origin_, ": ",
               join(known), near);
  }

  /// By index.
  std::vector<std::string> names() const {
    std::vector<std::string> names(index_.size());
    for (const auto& [name, index] : index_) names[static_cast<size_t>(index)] = name;
    return names;
  }

 private:
  std::map<std::string, int32_t, std::less<>> index_;
  std::string origin_;
};

class Builder {
 public:
  explicit Builder(const DatasetOptions& options) : options_(options) {
    dataset_.text = options.text;
    dataset_.reading = options.rows;
    dataset_.keep_going = options.keep_going;
    dataset_.group_column = options.group_column;
    if (options.files.empty()) fail_input("no data: at least one --task NAME=FILE is needed");
  }

  Dataset build() {
    for (const TaskFile& file : options_.files) add_task(file.task);
    for (const auto& [task, labels] : options_.labels)
      labels_[require_task(dataset_.tasks, task, "--labels")].close(labels, "--labels");
    check_options();
    add_sources("--task", options_.files, std::nullopt);
    for (size_t source = 0; source < dataset_.sources.size(); ++source) read(source);
    settle_labels();
    apply_limits();
    check_labels();
    const size_t split_sources = dataset_.sources.size();
    add_sources("--validation", options_.validation, Part::kValidation);
    add_sources("--test", options_.test, Part::kTest);
    for (size_t source = split_sources; source < dataset_.sources.size(); ++source) read(source);
    warn();
    return std::move(dataset_);
  }

  Dataset build_for(const std::vector<Task>& tasks) {
    for (const Task& task : tasks) {
      add_task(task.name);
      labels_.back().close(task.labels, "those of its training");
    }
    dataset_.tasks = tasks;
    pipes_ = true;
    check_options();
    add_sources("--task", options_.files, Part::kTest);
    for (size_t source = 0; source < dataset_.sources.size(); ++source) read(source);
    apply_limits();
    if (dataset_.rows.empty()) fail_input("nothing left to read: ", what_was_skipped());
    warn();
    return std::move(dataset_);
  }

 private:
  void add_task(const std::string& name) {
    if (name.empty()) fail_input("a task without a name");
    for (const Task& task : dataset_.tasks)
      if (task.name == name) return;
    dataset_.tasks.push_back({name, {}});
    labels_.emplace_back();
  }

  void check_options() const {
    for (const auto& [task, rows] : options_.limit) require_task(dataset_.tasks, task, "--limit");
    for (const auto& [task, column] : options_.label_columns)
      require_task(dataset_.tasks, task, "--label-column");
  }

  void add_sources(const char* option, const std::vector<TaskFile>& files, std::optional<Part> part) {
    for (const auto& [name, file] : files) {
      const size_t task = require_task(dataset_.tasks, name, option);
      require_file(file);
      const fs::path canonical = fs::weakly_canonical(file);
      size_t source = 0;
      while (source < paths_.size() && (paths_[source] != canonical || dataset_.sources[source].part != part))
        ++source;
      if (source == paths_.size()) {
        paths_.push_back(canonical);
        dataset_.sources.push_back({});
        dataset_.sources.back().file = file;
        dataset_.sources.back().part = part;
      }
      std::vector<size_t>& tasks = dataset_.sources[source].tasks;
      const auto place = std::lower_bound(tasks.begin(), tasks.end(), task);
      if (place != tasks.end() && *place == task)
        fail_input("the file ", file, " is given twice for task \"", name, "\"");
      tasks.insert(place, task);
    }
  }

  void resolve_label_columns(RowReader& reader, Source& source) const {
    const auto& columns = reader.columns();
    const auto has = [&](const std::string& column) {
      return std::find(columns.begin(), columns.end(), column) != columns.end();
    };
    for (const size_t task : source.tasks) {
      const std::string& name = dataset_.tasks[task].name;
      const auto chosen = options_.label_columns.find(name);
      std::string column = name;
      if (chosen != options_.label_columns.end()) {
        column = chosen->second;
      } else if (source.tasks.size() == 1 && (has("label") || !has(name))) {
        column = "label";
      }
      require_column(reader, column);
      const auto twice = std::find(source.label_columns.begin(), source.label_columns.end(), column);
      if (twice != source.label_columns.end())
        fail_input(source.file, ": two tasks read the column \"", column, "\"; give task \"", name,
                   "\" another one with --label-column ", name, "=COLUMN");
      source.label_columns.push_back(column);
    }
  }

  /// Where the columns of one source are.
  struct Columns {
    RowText text;
    std::vector<size_t> labels;   ///< parallel to Source::tasks
    std::optional<size_t> group;  ///< empty: the text is the group
  };

  void read(size_t index) {
    Source& source = dataset_.sources[index];
    const bool regular = fs::is_regular_file(source.file);
    if (!regular && !pipes_)
      fail_input(source.file, ": is a pipe, but a run must be able to read its data again; use a file");
    if (regular) source.checksum = file_checksum(source.file);
    const auto reader = open_rows(source.file, options_.rows);
    for (const std::string& warning : reader->warnings()) dataset_.warnings.push_back(warning);
    for (const std::string& column : reader->columns())
      if (!is_valid_utf8(column)) reader->fail(1, str("the column name \"", column, "\" is not UTF-8"));
    const Columns columns = find_columns(*reader, source);
    const bool json = reader->format() == RowFormat::kJsonl || reader->format() == RowFormat::kJson;
    std::vector<bool> has_label(source.tasks.size(), !json || reader->columns().empty());
    Row row;
    std::string buffer;
    for (uint32_t number = 0;; ++number) {
      std::string_view text;
      try {
        if (!reader->next(row)) break;
        text = columns.text(row, buffer);
        for (const size_t label : columns.labels) require_label_cell(*reader, row, label);
      } catch (const Error& error) {
        if (!options_.keep_going) throw;
        if (source.unreadable.count == 0) source.unreadable_reason = error.what();
        source.unreadable.add(row.line);
        continue;
      }
      for (size_t i = 0; i < columns.labels.size(); ++i)
        has_label[i] = has_label[i] || row.cell(columns.labels[i]) != Cell::kAbsent;
      add_row(index, number, row, text, columns);
    }
    for (size_t i = 0; i < has_label.size(); ++i)
      if (!has_label[i]) fail_input(source.file, ": no object has the key \"", source.label_columns[i], "\"");
  }

  Columns find_columns(RowReader& reader, Source& source) const {
    Columns columns{RowText(reader, options_.text), {}, std::nullopt};
    resolve_label_columns(reader, source);
    for (const std::string& column : source.label_columns)
      columns.labels.push_back(require_column(reader, column));
    const std::vector<std::string>& names = reader.columns();
    if (!options_.group_column.empty() &&
        (!source.part || std::ranges::find(names, options_.group_column) != names.end()))
      columns.group = require_column(reader, options_.group_column);
    return columns;
  }

  static void require_label_cell(const RowReader& reader, const Row& row, size_t column) {
    if (const Cell cell = row.cell(column); cell == Cell::kList || cell == Cell::kObject)
      reader.fail(row.line,
                  str("the label is ", cell_name(cell), "; valid are strings, numbers and booleans"));
  }

  void add_row(size_t index, uint32_t number, const Row& row, std::string_view text, const Columns& columns) {
    Source& source = dataset_.sources[index];
    std::string group = fold_text(text);
    if (group.empty()) return source.blank.add(row.line);
    std::vector<int32_t> labels(dataset_.tasks.size(), kNoLabel);
    bool labelled = false;
    for (size_t i = 0; i < columns.labels.size(); ++i) {
      const size_t task = source.tasks[i];
      labels[task] = labels_[task].find(row.fields[columns.labels[i]], dataset_.tasks[task].name,
                                        [&] { return str(source.file, ":", row.line); });
      labelled = labelled || labels[task] != kNoLabel;
    }
    if (!labelled) return source.unlabelled.add(row.line);
    if (!is_valid_utf8(text)) source.not_utf8.add(row.line);
    if (row.repaired) source.repaired.add(row.line);
    if (columns.group && !trim(row.fields[*columns.group]).empty()) group = row.fields[*columns.group];
    dataset_.rows.push_back(
        {static_cast<uint32_t>(index), number, std::string(text), std::move(labels), std::move(group)});
  }

  /// From here on the labels are known: sorted, and closed for the given parts.
  void settle_labels() {
    for (size_t task = 0; task < dataset_.tasks.size(); ++task) {
      Task& settled = dataset_.tasks[task];
      settled.labels = labels_[task].names();
      if (!labels_[task].closed()) {
        const std::vector<std::string> as_read = settled.labels;
        std::sort(settled.labels.begin(), settled.labels.end());
        std::vector<int32_t> rank;
        rank.reserve(as_read.size());
        for (const std::string& label : as_read)
          rank.push_back(
              static_cast<int32_t>(std::lower_bound(settled.labels.begin(), settled.labels.end(), label) -
                                   settled.labels.begin()));
        for (DatasetRow& row : dataset_.rows)
          if (row.labels[task] != kNoLabel) row.labels[task] = rank[static_cast<size_t>(row.labels[task])];
        labels_[task] = Labels();
        labels_[task].close(settled.labels, "those of its --task files");
      }
      if (settled.labels.empty())
        fail_input("nothing left to train task \"", settled.name, "\": ", what_was_skipped());
      if (settled.labels.size() < 2)
        fail_input("task \"", settled.name, "\" has only the label \"", settled.labels[0], "\" in ",
                   files_of(task), "; at least two are needed");
    }
  }

  /// Keeps the labels with the smallest keys: a random draw that depends on nothing but content and seed.
  void apply_limits() {
    for (const auto& [name, limit] : options_.limit) {
      const size_t task = require_task(dataset_.tasks, name, "--limit");
      std::vector<std::pair<uint64_t, size_t>> draw;
      for (size_t id = 0; id < dataset_.rows.size(); ++id) {
        const DatasetRow& row = dataset_.rows[id];
        if (row.labels[task] != kNoLabel)
          draw.emplace_back(hash_key(options_.seed, key_of(dataset_.sources[row.source].checksum), row.row),
                            id);
      }
      if (draw.size() < limit)
        dataset_.warnings.push_back(
            str("task \"", name, "\": has only ", draw.size(), " rows, fewer than its limit of ", limit));
      std::sort(draw.begin(), draw.end());
      for (size_t i = limit; i < draw.size(); ++i) dataset_.rows[draw[i].second].labels[task] = kNoLabel;
    }
    std::erase_if(dataset_.rows, [](const DatasetRow& row) {
      return std::all_of(row.labels.begin(), row.labels.end(),
                         [](int32_t label) { return label == kNoLabel; });
    });
  }

  void check_labels() {
    for (size_t task = 0; task < dataset_.tasks.size(); ++task) {
      const auto& [name, labels] = dataset_.tasks[task];
      std::vector<size_t> rows(labels.size());
      for (const DatasetRow& row : dataset_.rows)
        if (row.labels[task] != kNoLabel) ++rows[static_cast<size_t>(row.labels[task])];
      std::map<std::string, std::string> folded;
      for (size_t i = 0; i < labels.size(); ++i) {
        if (rows[i] == 0)
          dataset_.warnings.push_back(str("task \"", name, "\": no row has the label \"", labels[i], "\""));
        const auto [first, is_new] = folded.emplace(fold_text(labels[i]), labels[i]);
        if (!is_new)
          dataset_.warnings.push_back(str("task \"", name, "\": the labels \"", first->second, "\" and \"",
                                          labels[i], "\" differ only in case or white space"));
      }
      if (std::all_of(rows.begin(), rows.end(), [](size_t count) { return count == 0; }))
        fail_input("nothing left to train task \"", name, "\": ", what_was_skipped());
    }
  }

  std::string files_of(size_t task) const {
    std::vector<std::string> files;
    for (const Source& source : dataset_.sources)
      if (std::find(source.tasks.begin(), source.tasks.end(), task) != source.tasks.end())
        files.push_back(source.file);
    return join(files);
  }

  std::string what_was_skipped() const {
    std::string text;
    for (const Source& source : dataset_.sources)
      text += str(text.empty() ? "" : "; ", source.file, " has ", source.blank.count,
                  " rows with blank text and ", source.unlabelled.count, " without a label");
    return text;
  }

  void warn() {
    for (const Source& source : dataset_.sources) {
      const auto count = [&](const RowCount& rows, const char* what, const std::string& reason = "") {
        if (rows.count == 0) return;
        std::vector<std::string> lines;
        for (const size_t line : rows.lines) lines.push_back(std::to_string(line));
        dataset_.warnings.push_back(str(source.file, ": ", rows.count, rows.count == 1 ? " row " : " rows ",
                                        what, rows.count == 1 ? " (line " : " (lines ", join(lines),
                                        rows.count > lines.size() ? ", ..." : "", ")", reason));
      };
      count(source.blank, "with blank text skipped");
      count(source.unlabelled, "without a label skipped");
      count(source.unreadable, "that cannot be read skipped", str(": ", source.unreadable_reason));
      count(source.not_utf8, "with bytes that are not UTF-8");
      count(source.repaired, "with lone surrogates, read as U+FFFD");
    }
  }

  const DatasetOptions& options_;
  Dataset dataset_;
  std::vector<Labels> labels_;   ///< [tasks]
  std::vector<fs::path> paths_;  ///< [sources] canonical
  bool pipes_ = false;           ///< the data need not be found again
};

}  // namespace

std::vector<std::string> task_names(const std::vector<Task>& tasks) {
  std::vector<std::string> names;
  names.reserve(tasks.size());
  for (const Task& task : tasks) names.push_back(task.name);
  return names;
}

size_t require_task(const std::vector<Task>& tasks, const std::string& name, const char* option) {
  const std::vector<std::string> names = task_names(tasks);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail_input(option, ": unknown task \"", name, "\"; the tasks are: ", join(names),
               did_you_mean(name, names));
  return static_cast<size_t>(found - names.begin());
}

const char* part_name(Part part) {
  constexpr const char* kNames[] = {"train", "validation", "test"};
  return kNames[static_cast<size_t>(part)];
}

Part parse_part(const std::string& name) {
  for (const Part part : kParts)
    if (name == part_name(part)) return part;
  fail_input("unknown part \"", name, "\"; valid are: train, validation, test",
             did_you_mean(name, {"train", "validation", "test"}));
}

Dataset make_dataset(const DatasetOptions& options) {
  return Builder(options).build();
}

Dataset make_dataset_for(const std::vector<Task>& tasks, const DatasetOptions& options) {
  return Builder(options).build_for(tasks);
}

}  // namespace mtnlp
