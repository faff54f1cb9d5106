// The --task files are read first: they say what there is to tell apart, unless the options do. Then that is
// settled, so that a given part cannot bring anything new, and the given parts are read. Row ids
// follow the order of the sources, and in a source that of its rows.
#include "data/dataset.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/random.h"
#include "base/words.h"
#include "data/dataset_warnings.h"
#include "data/given_files.h"
#include "data/key_of.h"
#include "data/row_reader.h"
#include "data/source_columns.h"
#include "tasks/labels.h"
#include "tasks/task_kind.h"
#include "text/fold_text.h"
#include "text/segments.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

/// Returns what a target of `kind` can be in JSON: "string, number or boolean".
std::string names_of_taken(const TaskKind& kind) {
  std::vector<std::string> names;
  for (const Cell cell : {Cell::kText, Cell::kNumber, Cell::kBoolean, Cell::kList, Cell::kObject})
    if (kind.takes(cell)) names.push_back(std::string(cell_name(cell)).substr(2));
  const std::string last = names.back();
  names.pop_back();
  return names.empty() ? last : join(names) + " or " + last;
}

/// Throws RowError when field `column`, called `name`, of a row of JSON is nothing that a target of `kind` can
/// be read from.
void require_target_cell(const TaskKind& kind, const RowReader& reader, const Row& row, size_t column,
                         const std::string& name) {
  if (const Cell cell = row.cell(column); !kind.takes(cell))
    reader.fail(row, str("the label in ", shown(name), " is ", cell_name(cell), ", not a ",
                         names_of_taken(kind), ": ", shown(row.fields[column])));
}

/// Throws RowError when a field of a row of JSON, one of the `columns` called `names`, is nothing that a target of
/// `kind` can be read from.
void require_target_cells(const TaskKind& kind, const RowReader& reader, const Row& row,
                          const std::vector<size_t>& columns, const std::vector<std::string>& names) {
  for (size_t i = 0; i < columns.size(); ++i) require_target_cell(kind, reader, row, columns[i], names[i]);
}

class Builder {
 public:
  explicit Builder(const DatasetOptions& options) : options_(options) {
    dataset_.reading = options.reading;
    for (std::string& word : dataset_.reading.missing_labels) word = trim(word);
    if (options.files.empty()) fail_input("no data: at least one ", field("task"), " NAME=FILE is needed");
  }

  Dataset build() {
    for (const TaskFile& file : options_.files) {
      require_task_name(file.task);
      add_task(file);
    }
    for (const Task& task : dataset_.tasks) readers_.push_back(make_reader(task));
    for (const auto& [name, labels] : options_.labels) {
      const size_t task = require_task(dataset_.tasks, name, field("labels"));
      readers_[task]->know({name, labels, dataset_.tasks[task].kind}, field("labels"));
    }
    check_options();
    add_sources(field("task"), options_.files, std::nullopt);
    for (size_t source = 0; source < dataset_.sources.size(); ++source) read(source);
    settle_tasks();
    apply_limits();
    warn_of_gaps();
    const size_t split_sources = dataset_.sources.size();
    add_sources(field("validation"), options_.validation, Part::kValidation);
    add_sources(field("test"), options_.test, Part::kTest);
    for (size_t source = split_sources; source < dataset_.sources.size(); ++source) read(source);
    warn_of_rows();
    return std::move(dataset_);
  }

  Dataset build_for(const std::vector<Task>& tasks) {
    dataset_.tasks = tasks;
    for (const Task& task : tasks) {
      readers_.push_back(make_reader(task));
      readers_.back()->know(task, "those of its training");
    }
    pipes_ = true;
    check_options();
    add_sources(field("task"), options_.files, Part::kTest);
    for (size_t source = 0; source < dataset_.sources.size(); ++source) read(source);
    apply_limits();
    if (dataset_.rows.empty()) fail_input("nothing left to read: ", what_was_skipped());
    warn_of_rows();
    return std::move(dataset_);
  }

 private:
  void add_task(const TaskFile& file) {
    if (file.task.empty()) fail_input("a task without a name");
    for (const Task& task : dataset_.tasks)
      if (task.name == file.task) return;
    Task task{file.task};
    for (const TaskFile& other : options_.files)  // one of a task's files may say it for all
      if (other.task == file.task && other.kind != nullptr) task.kind = other.kind;
    dataset_.tasks.push_back(std::move(task));
  }

  std::unique_ptr<TargetReader> make_reader(const Task& task) const {
    const Reading& reading = dataset_.reading;
    return task.kind->make_reader(task.name,
                                  {reading.missing_labels, reading.label_separator, reading.empty_is_none});
  }

  void check_options() const {
    for (const auto& [task, rows] : options_.limit) require_task(dataset_.tasks, task, field("limit"));
    for (const auto& [name, columns] : options_.label_columns) {
      const Task& task = dataset_.tasks[require_task(dataset_.tasks, name, field("label_column"))];
      if (columns.size() > 1 && !task.kind->takes_columns())
        fail_input(field("label_column"), ": the task ", shown(name), " is of the kind ", task.kind->name(),
                   ", which has one column; found ", shown(columns[0]), " and ", shown(columns[1]));
    }
  }

  void add_sources(const std::string& option, const std::vector<TaskFile>& files, std::optional<Part> part) {
    for (const auto& [name, file, kind] : files) {
      const size_t task = require_task(dataset_.tasks, name, option);
      if (kind != nullptr && kind != dataset_.tasks[task].kind)
        fail_input(option, " ", name, "=", file, ":", kind->name(), ": the kind of task \"", name, "\" is ",
                   dataset_.tasks[task].kind->name());
      if (pipes_)
        require_file(file);
      else
        require_data_file(file);
      std::error_code error;  // a pipe of the shell has a name that leads nowhere
      fs::path canonical = fs::weakly_canonical(file, error);
      if (error) canonical = file;
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

  void read(size_t index) {
    Source& source = dataset_.sources[index];
    if (fs::is_regular_file(source.file)) source.checksum = file_checksum(source.file);
    const auto reader = open_rows(source.file, options_.reading.rows);
    for (const std::string& warning : reader->warnings()) dataset_.warnings.push_back(warning);
    const SourceColumns columns = find_columns(*reader, options_, dataset_.tasks, source);
    std::vector<bool> has_label(source.tasks.size(), !is_json(reader->format()));
    bool any = false;
    Row row;
    std::string buffer;
    for (uint32_t number = 0;; ++number) {
      std::string_view text;
      try {
        if (!reader->next(row)) break;
        text = columns.text(row, buffer);
        for (size_t i = 0; i < columns.labels.size(); ++i)
          require_target_cells(*dataset_.tasks[source.tasks[i]].kind, *reader, row, columns.labels[i],
                               source.label_columns[i]);
      } catch (const RowError& error) {
        if (!options_.reading.keep_going) throw;
        if (source.unreadable.count == 0) source.unreadable_reason = one_line(error.whole());
        source.unreadable.add(row.line, row.number);
        continue;
      }
      any = true;
      for (size_t i = 0; i < columns.labels.size(); ++i)
        has_label[i] = has_label[i] || std::ranges::any_of(columns.labels[i], [&](size_t column) {
                         return row.cell(column) != Cell::kAbsent;
                       });
      add_row(index, number, row, text, columns);
    }
    for (size_t i = 0; i < has_label.size(); ++i)
      if (any && !has_label[i])
        fail_input(source.file, ": no object has the key \"", source.label_columns[i][0], "\"");
  }

  /// Returns the target of task number `i` of the source in `row`.
  Target read_target(const Source& source, size_t i, const Row& row, const std::vector<size_t>& columns) {
    std::vector<TargetCell> cells;
    for (size_t c = 0; c < columns.size(); ++c)
      cells.push_back({row.fields[columns[c]],
                       row.cells.empty() ? std::nullopt : std::optional(row.cell(columns[c])),
                       [&] { return str(source.file, ":", row.place()); }, source.label_columns[i][c]});
    TargetReader& reader = *readers_[source.tasks[i]];
    return cells.size() == 1 ? reader.read(cells[0]) : reader.read_columns(cells);
  }

  void add_row(size_t index, uint32_t number, const Row& row, std::string_view text,
               const SourceColumns& columns) {
    Source& source = dataset_.sources[index];
    std::string group = fold_text(text);
    if (has_blank_segment(text)) return source.blank.add(row.line, row.number);
    std::vector<Target> targets(dataset_.tasks.size());
    bool labelled = false;
    for (size_t i = 0; i < columns.labels.size(); ++i) {
      Target& target = targets[source.tasks[i]];
      target = read_target(source, i, row, columns.labels[i]);
      labelled = labelled || !target.is_none();
    }
    if (!labelled) return source.unlabelled.add(row.line, row.number);
    if (!is_valid_utf8(text)) source.not_utf8.add(row.line, row.number);
    if (row.repaired) source.repaired.add(row.line, row.number);
    if (columns.group && !trim(row.fields[*columns.group]).empty()) group = row.fields[*columns.group];
    dataset_.rows.push_back(
        {static_cast<uint32_t>(index), number, std::string(text), std::move(targets), std::move(group)});
  }

  /// Returns the targets of a task in all rows; throws Error when there is none.
  std::vector<Target> require_targets(size_t task) const {
    std::vector<Target> targets = targets_of(dataset_, task);
    if (std::ranges::all_of(targets, [](Target target) { return target.is_none(); }))
      fail_input("nothing left to train task \"", dataset_.tasks[task].name, "\": ", what_was_skipped());
    return targets;
  }

  /// Completes the tasks, so that the given parts must fit them, and warns of what looks odd about them.
  void settle_tasks() {
    for (size_t task = 0; task < dataset_.tasks.size(); ++task) {
      require_targets(task);
      readers_[task]->settle(dataset_.tasks[task], files_of(task));
      for (DatasetRow& row : dataset_.rows) row.targets[task] = readers_[task]->settled(row.targets[task]);
    }
    for (size_t task = 0; task < dataset_.tasks.size(); ++task)
      warn(readers_[task]->doubts(dataset_.tasks[task], targets_of(dataset_, task)));
  }

  void warn_of_gaps() {
    for (size_t task = 0; task < dataset_.tasks.size(); ++task)
      warn(readers_[task]->gaps(dataset_.tasks[task], require_targets(task)));
  }

  void warn(std::vector<std::string> lines) {
    for (std::string& line : lines) dataset_.warnings.push_back(std::move(line));
  }

  void warn_of_rows() {
    for (size_t task = 0; task < readers_.size(); ++task)
      warn(readers_[task]->mixtures(dataset_.tasks[task]));
    warn(row_warnings(dataset_.sources));
  }

  /// Keeps the labels with the smallest keys: a random draw that depends on nothing but content and seed.
  void apply_limits() {
    for (const auto& [name, limit] : options_.limit) {
      const size_t task = require_task(dataset_.tasks, name, field("limit"));
      std::vector<std::pair<uint64_t, size_t>> draw;
      for (size_t id = 0; id < dataset_.rows.size(); ++id) {
        const DatasetRow& row = dataset_.rows[id];
        if (!row.targets[task].is_none())
          draw.emplace_back(hash_key(options_.seed, key_of(dataset_.sources[row.source].checksum), row.row),
                            id);
      }
      if (draw.size() < limit)
        dataset_.warnings.push_back(
            str("task \"", name, "\": has only ", draw.size(), " rows, fewer than its limit of ", limit));
      std::sort(draw.begin(), draw.end());
      for (size_t i = limit; i < draw.size(); ++i) dataset_.rows[draw[i].second].targets[task] = kNoTarget;
    }
    std::erase_if(dataset_.rows, [](const DatasetRow& row) {
      return std::ranges::all_of(row.targets, [](Target target) { return target.is_none(); });
    });
  }

  std::string files_of(size_t task) const {
    std::vector<std::string> files;
    for (const Source& source : dataset_.sources)
      if (std::find(source.tasks.begin(), source.tasks.end(), task) != source.tasks.end())
        files.push_back(source.file);
    return few_of(files);
  }

  std::string what_was_skipped() const {
    std::vector<std::string> skipped;
    for (const Source& source : dataset_.sources)
      skipped.push_back(str(source.file, " has ", source.blank.count, " rows with blank text and ",
                            source.unlabelled.count, " without a label, ", source.unreadable.count,
                            " that cannot be read",
                            source.unreadable.count == 0 ? "" : "; the first: " + source.unreadable_reason));
    return few_of(skipped);
  }

  const DatasetOptions& options_;
  Dataset dataset_;
  std::vector<std::unique_ptr<TargetReader>> readers_;  ///< [tasks]
  std::vector<fs::path> paths_;                         ///< [sources] canonical
  bool pipes_ = false;                                  ///< the data need not be found again
};

}  // namespace

std::vector<Target> targets_of(const Dataset& dataset, size_t task) {
  std::vector<Target> targets;
  targets.reserve(dataset.rows.size());
  for (const DatasetRow& row : dataset.rows) targets.push_back(row.targets[task]);
  return targets;
}

Dataset make_dataset(const DatasetOptions& options) {
  return Builder(options).build();
}

Dataset make_dataset_for(const std::vector<Task>& tasks, const DatasetOptions& options) {
  return Builder(options).build_for(tasks);
}

}  // namespace mtnlp
