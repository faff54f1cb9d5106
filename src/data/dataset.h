// Labelled rows from files: tasks, the files (sources) they come from, and the rows with a label per task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "data/row_reader.h"
#include "tasks/target.h"
#include "tasks/task.h"

namespace mtnlp {

enum class Part : uint8_t { kTrain, kValidation, kTest };
inline constexpr Part kParts[] = {Part::kTrain, Part::kValidation, Part::kTest};
const char* part_name(Part part);          ///< "train", "validation", "test"
Part parse_part(const std::string& name);  ///< throws Error

/// `NAME=FILE`, and for --task `NAME=FILE:KIND`, of the command line.
struct TaskFile {
  std::string task;
  std::string file;
  const TaskKind* kind = nullptr;  ///< null where none is named
};

/// How the files of a data set are read: what a run repeats to get the same rows again.
struct Reading {
  TextColumns text = {};
  RowOptions rows = {};
  /// Rows of one group stay in one part. Empty: the text is the group, as it is for a row whose group is
  /// blank and for a given part without the column.
  std::string group_column = {};
  /// Words that count as no label, as an empty cell does: compared exactly, white space around them apart.
  std::vector<std::string> missing_labels = {};
  std::string label_separator = "|";  ///< between the labels of a cell, of tasks with several labels a row
  bool empty_is_none = false;         ///< an empty cell says of such a row that it has no label
  /// Drop and count rows that cannot be read: ragged, not JSON, without a text, with a list as label. Else
  /// the first is an Error.
  bool keep_going = false;
  bool operator==(const Reading&) const = default;
};

struct DatasetOptions {
  std::vector<TaskFile> files = {};       ///< --task: split into parts, or all training where parts are given
  std::vector<TaskFile> validation = {};  ///< --validation: given parts, never split
  std::vector<TaskFile> test = {};        ///< --test
  /// Task → use so many labelled rows of its --task files, drawn by `seed` whatever the order of the files; a
  /// smaller limit draws a subset of a larger one. Where tasks share a file, a row not drawn loses only this
  /// label.
  std::map<std::string, size_t> limit = {};
  /// Task → its columns; else "label", else the task's name. Of several columns each stands for a label.
  std::map<std::string, std::vector<std::string>> label_columns = {};
  std::map<std::string, std::vector<std::string>> labels = {};  ///< fixes a task's labels and their order
  Reading reading = {};
  uint64_t seed = 42;  ///< draws the rows of `limit`
};

/// Rows of a source that were left out or are doubtful.
struct RowCount {
  static constexpr size_t kPlaces = 3;  ///< most places that are kept
  size_t count = 0;
  std::vector<size_t> lines = {};    ///< of the first ones
  std::vector<size_t> numbers = {};  ///< parallel to `lines`: Row::number
  void add(size_t line, size_t number = 0) {
    if (count++ >= kPlaces) return;
    lines.push_back(line);
    numbers.push_back(number);
  }
};

/// One file. Tasks that name the same file share a source: each of its rows is one row with several labels.
struct Source {
  std::string file;                                     ///< as given
  std::string checksum;                                 ///< file_checksum; "" for a pipe
  std::vector<size_t> tasks;                            ///< indices into Dataset::tasks, ascending
  std::vector<std::vector<std::string>> label_columns;  ///< parallel to `tasks`, of each one or more
  std::optional<Part> part;                             ///< given part; empty when the rows are to be split
  RowCount blank, unlabelled, unreadable;               ///< skipped: no text, no label, broken
  std::string unreadable_reason = {};  ///< what was wrong with the first broken row, with file and line
  RowCount not_utf8;                   ///< kept: the text holds bytes that are not UTF-8
  RowCount repaired;                   ///< kept: lone surrogates of JSON became U+FFFD
};

struct DatasetRow {
  uint32_t source;              ///< index into Dataset::sources
  uint32_t row;                 ///< number in the file from 0, header not counted
  std::string text;             ///< of a pair both texts, see segments_of
  std::vector<Target> targets;  ///< [tasks]
  std::string group;  ///< split unit: the group column, or the text with case and white space folded
};

struct Dataset {
  std::vector<Task> tasks;  ///< in the order of the options
  std::vector<Source> sources;
  std::vector<DatasetRow> rows;  ///< by source, then by row; the index is the row id
  Reading reading;
  std::vector<std::string> warnings;  ///< skipped rows and the like, counted, one line each
};

/// Reads every file once. Blank texts and rows without any label are skipped and counted. Throws Error when a
/// file or column is missing, a file is a pipe (a run must find its data again), a label is not in
/// `options.labels` or occurs in given parts only, a label or the name of a column is not UTF-8, a label is a
/// JSON list or object, a task has nothing to tell apart, nothing is left. Warns of labels that look alike or
/// like no label (tasks/label_warnings.h).
Dataset make_dataset(const DatasetOptions& options);

/// Reads files for tasks whose labels are known (eval of new files): all rows belong to Part::kTest. Throws
/// Error naming file and line of a label never seen in training.
Dataset make_dataset_for(const std::vector<Task>& tasks, const DatasetOptions& options);

/// Returns the targets of one task in all rows.
std::vector<Target> targets_of(const Dataset& dataset, size_t task);

}  // namespace mtnlp
