// The --task files are read first: from them come the labels, unless the options name them. Then the labels
// are sorted and closed, so that a given part cannot bring a new one, and the given parts are read. Row ids
// follow the order of the sources, and in a source that of its rows.
#include "data/dataset.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/random.h"
#include "base/words.h"
#include "data/dataset_warnings.h"
#include "data/given_files.h"
#include "data/key_of.h"
#include "data/labels.h"
#include "data/row_reader.h"
#include "data/source_columns.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

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
      add_task(file.task);
    }
    for (const auto& [task, labels] : options_.labels)
      labels_[require_task(dataset_.tasks, task, field("labels"))].close(labels, field("labels"));
    check_options();
    add_sources(field("task"), options_.files, std::nullopt);
    for (size_t source = 0; source < dataset_.sources.size(); ++source) read(source);
    settle_labels();
    warn_of_labels();
    apply_limits();
    check_labels();
    const size_t split_sources = dataset_.sources.size();
    add_sources(field("validation"), options_.validation, Part::kValidation);
    add_sources(field("test"), options_.test, Part::kTest);
    for (size_t source = split_sources; source < dataset_.sources.size(); ++source) read(source);
    warn_of_rows();
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
    add_sources(field("task"), options_.files, Part::kTest);
    for (size_t source = 0; source < dataset_.sources.size(); ++source) read(source);
    apply_limits();
    if (dataset_.rows.empty()) fail_input("nothing left to read: ", what_was_skipped());
    warn_of_rows();
    return std::move(dataset_);
  }

 private:
  void add_task(const std::string& name) {
    if (name.empty()) fail_input("a task without a name");
    for (const Task& task : dataset_.tasks)
      if (task.name == name) return;
    dataset_.tasks.push_back({name, {}});
    labels_.emplace_back(dataset_.reading.missing_labels);
    kinds_.emplace_back();
  }

  void check_options() const {
    for (const auto& [task, rows] : options_.limit) require_task(dataset_.tasks, task, field("limit"));
    for (const auto& [task, column] : options_.label_columns)
      require_task(dataset_.tasks, task, field("label_column"));
  }

  void add_sources(const std::string& option, const std::vector<TaskFile>& files, std::optional<Part> part) {
    for (const auto& [name, file] : files) {
      const size_t task = require_task(dataset_.tasks, name, option);
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
          refuse_nested_label(*reader, row, columns.labels[i], source.label_columns[i]);
      } catch (const RowError& error) {
        if (!options_.reading.keep_going) throw;
        if (source.unreadable.count == 0) source.unreadable_reason = one_line(error.whole());
        source.unreadable.add(row.line, row.number);
        continue;
      }
      any = true;
      for (size_t i = 0; i < columns.labels.size(); ++i)
        has_label[i] = has_label[i] || row.cell(columns.labels[i]) != Cell::kAbsent;
      add_row(index, number, row, text, columns);
    }
    for (size_t i = 0; i < has_label.size(); ++i)
      if (any && !has_label[i])
        fail_input(source.file, ": no object has the key \"", source.label_columns[i], "\"");
  }

  void add_row(size_t index, uint32_t number, const Row& row, std::string_view text,
               const SourceColumns& columns) {
    Source& source = dataset_.sources[index];
    std::string group = fold_text(text);
    if (without_invisible(text).empty()) return source.blank.add(row.line, row.number);
    std::vector<int32_t> labels(dataset_.tasks.size(), kNoLabel);
    bool labelled = false;
    for (size_t i = 0; i < columns.labels.size(); ++i) {
      const size_t task = source.tasks[i];
      labels[task] = labels_[task].find(row.fields[columns.labels[i]], dataset_.tasks[task].name,
                                        [&] { return str(source.file, ":", row.place()); });
      labelled = labelled || labels[task] != kNoLabel;
      if (labels[task] != kNoLabel) kinds_[task].note(row, columns.labels[i]);
    }
    if (!labelled) return source.unlabelled.add(row.line, row.number);
    if (!is_valid_utf8(text)) source.not_utf8.add(row.line, row.number);
    if (row.repaired) source.repaired.add(row.line, row.number);
    if (columns.group && !trim(row.fields[*columns.group]).empty()) group = row.fields[*columns.group];
    dataset_.rows.push_back(
        {static_cast<uint32_t>(index), number, std::string(text), std::move(labels), std::move(group)});
  }

  /// Sorts the labels, which are known from here on, and closes them for the given parts.
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
        labels_[task] = Labels(dataset_.reading.missing_labels);
        labels_[task].close(settled.labels, "those of its " + field("task") + " files");
      }
      if (settled.labels.empty())
        fail_input("nothing left to train task \"", settled.name, "\": ", what_was_skipped());
      if (settled.labels.size() < 2)
        fail_input("task \"", settled.name, "\" has only the label ", shown(settled.labels[0]), " in ",
                   files_of(task), "; at least two are needed");
    }
  }

  /// Returns how many rows have each label.
  std::vector<size_t> count_labels(size_t task) const {
    std::vector<size_t> rows(dataset_.tasks[task].labels.size());
    for (const DatasetRow& row : dataset_.rows)
      if (row.labels[task] != kNoLabel) ++rows[static_cast<size_t>(row.labels[task])];
    return rows;
  }

  void warn_of_labels() {
    for (size_t task = 0; task < dataset_.tasks.size(); ++task)
      for (std::string& line : label_warnings(dataset_.tasks[task], count_labels(task),
                                              options_.labels.contains(dataset_.tasks[task].name),
                                              dataset_.reading.missing_labels))
        dataset_.warnings.push_back(std::move(line));
  }

  void warn_of_rows() {
    for (size_t task = 0; task < kinds_.size(); ++task)
      if (std::string line = kinds_[task].warning(dataset_.tasks[task].name); !line.empty())
        dataset_.warnings.push_back(std::move(line));
    for (std::string& line : row_warnings(dataset_.sources)) dataset_.warnings.push_back(std::move(line));
  }

  /// Keeps the labels with the smallest keys: a random draw that depends on nothing but content and seed.
  void apply_limits() {
    for (const auto& [name, limit] : options_.limit) {
      const size_t task = require_task(dataset_.tasks, name, field("limit"));
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
      const std::vector<size_t> rows = count_labels(task);
      std::vector<std::string> unused;
      for (size_t i = 0; i < labels.size(); ++i)
        if (rows[i] == 0) unused.push_back(shown(labels[i]));
      if (unused.size() == labels.size())
        fail_input("nothing left to train task \"", name, "\": ", what_was_skipped());
      if (!unused.empty())
        dataset_.warnings.push_back(str("task \"", name, "\": no row has the label",
                                        unused.size() == 1 ? " " : "s ", few_of(unused)));
    }
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
                            " that cannot be read"));
    return few_of(skipped);
  }

  const DatasetOptions& options_;
  Dataset dataset_;
  std::vector<Labels> labels_;     ///< [tasks]
  std::vector<LabelKinds> kinds_;  ///< [tasks]
  std::vector<fs::path> paths_;    ///< [sources] canonical
  bool pipes_ = false;             ///< the data need not be found again
};

}  // namespace

Dataset make_dataset(const DatasetOptions& options) {
  return Builder(options).build();
}

Dataset make_dataset_for(const std::vector<Task>& tasks, const DatasetOptions& options) {
  return Builder(options).build_for(tasks);
}

}  // namespace mtnlp
