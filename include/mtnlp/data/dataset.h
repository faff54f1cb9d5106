// Labelled rows from files: tasks, the files (sources) they come from, and the rows with a label per task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mtnlp/base/files.h"

namespace mtnlp {

/// A row that has no label for a task.
inline constexpr int32_t kNoLabel = -1;

enum class Part : uint8_t { kTrain, kValidation, kTest };
inline constexpr Part kParts[] = {Part::kTrain, Part::kValidation, Part::kTest};
const char* part_name(Part part);          ///< "train", "validation", "test"
Part parse_part(const std::string& name);  ///< throws Error

struct Task {
  std::string name;
  std::vector<std::string>
      labels;  ///< class index → label: sorted by bytes, or as DatasetOptions::labels says
};

/// `NAME=FILE` of the command line.
struct TaskFile {
  std::string task;
  std::string file;
};

struct DatasetOptions {
  std::vector<TaskFile> files;          ///< --task: split into parts, or all training where parts are given
  std::vector<TaskFile> validation;     ///< --validation: given parts, never split
  std::vector<TaskFile> test;           ///< --test
  std::map<std::string, size_t> limit;  ///< use so many rows of the task's --task files, drawn by `seed`
  std::string text_column = "text";
  std::map<std::string, std::string> label_columns;  ///< task → column; default "label", else the task's name
  std::string group_column;  ///< rows of one group stay in one part; empty: the text is the group
  std::map<std::string, std::vector<std::string>> labels;  ///< fixes a task's labels and their order
  uint64_t seed = 42;                                      ///< draws the rows of `limit`
};

/// One file. Tasks that name the same file share a source: each of its rows is one row with several labels.
struct Source {
  std::string file;                        ///< as given
  std::string checksum;                    ///< file_checksum
  std::vector<size_t> tasks;               ///< indices into Dataset::tasks, ascending
  std::vector<std::string> label_columns;  ///< parallel to `tasks`
  std::optional<Part> part;                ///< given part; empty when the rows are to be split
};

struct DatasetRow {
  uint32_t source;  ///< index into Dataset::sources
  uint32_t row;     ///< number in the file from 0, header not counted
  std::string text;
  std::vector<int32_t> labels;  ///< [tasks], kNoLabel where absent
  std::string group;  ///< split unit: the group column, or the text with case and white space folded
};

struct Dataset {
  std::vector<Task> tasks;  ///< in the order of the options
  std::vector<Source> sources;
  std::vector<DatasetRow> rows;  ///< by source, then by row; the index is the row id
  std::string text_column, group_column;
  std::vector<std::string> warnings;  ///< skipped rows and the like, counted, one line each
};

/// Reads every file once. Blank texts and rows without any label are skipped and counted. Throws Error when a
/// file or column is missing, a label is not in `options.labels`, a task has fewer than two classes, nothing
/// is left.
Dataset make_dataset(const DatasetOptions& options);

/// Reads files for tasks whose labels are known (eval of new files): all rows belong to Part::kTest. Throws
/// Error naming file and line of a label never seen in training.
Dataset make_dataset_for(const std::vector<Task>& tasks, const DatasetOptions& options);

/// Case and white space folded: equal texts for the split. Idempotent.
std::string fold_text(std::string_view text);

}  // namespace mtnlp
