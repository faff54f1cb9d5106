// Training: labelled rows in, a run folder and its scores out. In the library mtnlp::train, which needs
// libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mtnlp::api {

/// Labelled rows of a task: a CSV, TSV or JSON file with a column of texts and one of labels.
struct TaskFile {
  std::string task;
  std::string file;
};

/// The main options of `mtnlp train`, checked and stored like those. One without a value has the default
/// that `mtnlp train --help` tells; errors call it as that does.
struct TrainOptions {
  std::string encoder;          ///< encoder folder to start from; empty where `more` has --init
  std::string out;              ///< run folder to make; must not be there, or be empty
  std::vector<TaskFile> tasks;  ///< one or more; rows are split into training, validation and test part
  std::vector<TaskFile> validation = {};  ///< given parts, not split
  std::vector<TaskFile> test = {};
  std::vector<std::string> text_columns = {};             ///< joined by a space; else "text"
  std::map<std::string, std::string> label_columns = {};  ///< by task; else "label", else the task's name
  std::optional<size_t> epochs = {};                      ///< passes over the data
  std::optional<size_t> batch_size = {};                  ///< rows
  std::optional<size_t> max_length = {};                  ///< of a text in tokens
  std::optional<double> lr = {};                          ///< learning rate of the encoder
  std::optional<double> head_lr = {};                     ///< learning rate of the heads
  std::optional<uint64_t> seed = {};                      ///< of split, order, dropout and new weights
  std::optional<int> threads = {};
  /// All other options as on the command line, one word each: {"--freeze", "embeddings"}. Not --resume,
  /// --dry-run, --json and --k-fold.
  std::vector<std::string> more = {};
};

struct TaskScores {
  std::string task;
  std::map<std::string, double> scores;  ///< as in test.json: "rows", "loss", "accuracy", "macro_f1", ...
};

struct TrainResult {
  std::string run;               ///< run folder, a MODEL for Model
  std::vector<TaskScores> test;  ///< of the best checkpoint on the test part, in the order of the tasks
};

/// Trains and returns when the run folder is complete, with the same bytes as `mtnlp train` writes. It
/// neither prints nor catches signals; messages go to the handler of log.h. One call at a time: a second
/// one waits. It sets the number of threads of libtorch for the whole process. Throws Error; wrong input
/// leaves no run folder.
[[gnu::visibility("default")]] TrainResult train(const TrainOptions& options);

}  // namespace mtnlp::api
