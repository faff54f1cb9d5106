// Options that several verbs share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/option_table.h"
#include "data/dataset.h"
#include "data/row_reader.h"
#include "data/text_rows.h"
#include "engine/device.h"
#include "hub/model_folder.h"
#include "infer/predictor.h"

namespace mtnlp::cli {

/// The pairs of an option of the form "NAME=FILE" that may be given several times; neither side may be empty.
std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string& option, const char* form,
                                                             const std::vector<std::string>& values);

/// How files of rows are read, and which of their columns hold the text.
struct ReadingArguments {
  RowFormat format = RowFormat::kAuto;
  std::string delimiter;
  bool no_header = false;
  std::vector<std::string> text_columns;  ///< empty: as `text` says, or "text"
  std::optional<std::string> join;        ///< between text columns [as `text` says, or a space]

  RowOptions rows() const;  ///< throws Error for a delimiter that is none
  /// Returns the text columns that were given, else `usual`.
  TextColumns text(const TextColumns& usual = {}) const;
};
/// --format, --delimiter, --no-header, --text-column, --join; in `group` of the help.
void add_reading(VerbTable& verb, ReadingArguments& reading, const char* group);

/// Where labelled rows come from: --task and what describes its columns.
struct DataArguments {
  std::vector<std::string> tasks, validation, test, limits, label_columns, labels;
  ReadingArguments reading;
  bool keep_going = false;
  std::string group_column, missing_labels;

  /// As the data floor takes it; throws Error for malformed pairs.
  DatasetOptions dataset_options() const;
};

/// --task, the options of add_reading, --label-column, --missing-labels and --keep-going: rows for tasks that
/// are known.
void add_labelled_files(VerbTable& verb, DataArguments& data, const std::string& about_task);
/// All of DataArguments: labelled rows that are to be split.
void add_data(VerbTable& verb, DataArguments& data);
/// The embedded data when no --task is given; their groups keep forms and words of the test part out of
/// training.
void use_embedded_data_if_none(DataArguments& data);
/// --seed
void add_seed(VerbTable& verb, uint64_t& seed, const char* about, const char* group);

/// --threads, the CPUs of the cgroup unless given.
void add_threads(VerbTable& verb, int& threads);
/// --device; none: auto
void add_device(VerbTable& verb, std::optional<DeviceKind>& device);
/// Returns `names` with what they stand for: nothing chosen for "auto".
Choices<std::optional<Precision>> precision_choices(const std::vector<std::string>& names);
/// How the verbs that only read a model compute.
struct ComputeArguments {
  int threads = 1;
  std::optional<DeviceKind> device;    ///< none: CUDA when there is one
  std::optional<Precision> precision;  ///< none: that of the weights
};
/// --threads, --device, --precision
void add_compute(VerbTable& verb, ComputeArguments& compute);
/// Loads the model in `folder` as `compute` asks, in place of options' own threads and precision. Throws
/// Error naming the file or tensor.
Predictor load(const fs::path& folder, PredictorOptions options, const ComputeArguments& compute,
               bool need_heads = false);

/// --json FILE|-; `what` is written.
void add_json(VerbTable& verb, std::string& file, const std::string& what);
/// Writes `json` to `file`, or standard output for "-".
void write_json(const std::string& file, const OrderedJson& json);

/// As check_output, and throws Error when writing `file` would change a file that `model` is read from, or
/// one of the run that it lies in.
void check_output_of_model(const std::string& file, const std::string& model, const std::string& input = "");

/// Warns when over 20 % of the texts were cut to the model's longest length.
void warn_if_truncated(size_t truncated, size_t rows, size_t max_length);

/// The FILE argument of verbs that read rows of text, and how they are read.
struct InputArguments {
  std::string file = "-";
  ReadingArguments reading;
  bool keep_going = false;
};
/// FILE, the options of add_reading and --keep-going.
void add_input(VerbTable& verb, InputArguments& input);
/// Opens the rows, and logs what is odd about the file.
std::unique_ptr<RowReader> open_input(const InputArguments& input);
/// Returns how their texts are taken and cut; `of_model` are the columns unless others are given.
TextRowsOptions text_options(const InputArguments& input, const TextColumns& of_model, const TextCut& cut,
                             int threads);

/// Logs each line.
void log_warnings(const std::vector<std::string>& warnings);

}  // namespace mtnlp::cli
