// Options that several verbs share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/option_table.h"
#include "data/dataset.h"
#include "data/row_reader.h"
#include "data/text_rows.h"
#include "engine/device.h"
#include "hub/model_folder.h"
#include "infer/predictor.h"

namespace mtnlp::cli {

/// Returns the two sides of each of `values` of `option`, which have the `form` "NAME=FILE". Throws Error
/// when a value does not, or a side is empty.
std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string& option, const char* form,
                                                             const std::vector<std::string>& values);

/// Returns the same as tasks and their files.
std::vector<TaskFile> task_files(const std::string& option, const std::vector<std::string>& values);

/// How files of rows are read, and which of their columns hold the text.
struct ReadingArguments {
  RowFormat format = RowFormat::kAuto;
  std::string delimiter;   ///< a character or its name; empty: a comma, or a tab for TSV
  bool no_header = false;  ///< the first line is a row; columns are named 1, 2, ...
  std::vector<std::string>
      text_columns;                 ///< in joining order; empty: "text", or those of the model's training
  std::optional<std::string> join;  ///< between joined columns; none: a space, or as in the model's training
  std::string pair_column;          ///< of second texts; empty: none, or that of the model's training

  /// Returns the options of row readers. Throws Error for a delimiter that is not valid.
  RowOptions rows() const;
  /// Returns the text columns that were given, else those that the checkpoint `of_model` was trained on. Throws
  /// Error for a second text of a model that was trained on single ones.
  TextColumns text(const std::optional<TextColumns>& of_model = {}) const;
};
/// Adds --format, --delimiter, --no-header, --text-column and --join, below heading `group`.
void add_reading(VerbTable& verb, ReadingArguments& reading, const char* group);

/// Adds --pair-column, below heading `group`.
void add_pair_column(VerbTable& verb, ReadingArguments& reading, const char* group);

/// Files of labelled rows, and what describes them. Strings are as given, "NAME=VALUE" where the option has
/// that form.
struct DataArguments {
  std::vector<std::string> tasks, validation, test, limits, label_columns, labels;
  ReadingArguments reading;
  bool keep_going = false;  ///< drop and count rows that cannot be read
  std::string group_column, missing_labels, label_separator = "|";
  bool empty_is_none = false;

  /// Returns the same, parsed. Throws Error for a value that is not of the option's form.
  DatasetOptions dataset_options() const;
};

/// Adds --label-separator, 1 to 16 bytes.
OptionRow& add_label_separator(const OptionGroup& options, std::string& separator, const std::string& about);

/// Adds --task, with `about_task` for its help, the options of add_reading and add_pair_column, --keep-going, --label-column,
/// --label-separator, --empty-is and --missing-labels: what eval needs for rows of known tasks.
void add_labelled_files(VerbTable& verb, DataArguments& data, const std::string& about_task);
/// Adds all options of DataArguments: those of add_labelled_files, and those about the split.
void add_data(VerbTable& verb, DataArguments& data);
/// Makes `data` name the embedded data when it names no file, split by their column "group" unless it names
/// another.
void use_embedded_data_if_none(DataArguments& data);
/// Largest seed: JSON and TOML readers of other programs keep it exactly.
inline constexpr uint64_t kLargestSeed = 9'007'199'254'740'992;

/// Adds --seed.
void add_seed(VerbTable& verb, uint64_t& seed, const char* about, const char* group);

/// Adds --pooling; without it `pooling` stays as it is.
void add_pooling(VerbTable& verb, std::optional<PoolingMode>& pooling, const std::string& usual,
                 const char* group = OptionGroup::kPlain);

/// Adds --max-length, --truncate, --window and --max-windows; `else_from` goes behind the usual values in the help.
void add_cut(const OptionGroup& group, CutChoice& cut, const std::string& else_from = "");

/// Adds --threads; the default is `usual`, 0: available_cpus().
void add_threads(VerbTable& verb, int& threads, int usual = 0);
/// Adds --device; "auto" is no value.
void add_device(VerbTable& verb, std::optional<DeviceKind>& device);
/// Returns `names` of precisions with their meanings; that of "auto" is no value.
Choices<std::optional<Precision>> precision_choices(const std::vector<std::string>& names);
/// How eval, predict and embed compute.
struct ComputeArguments {
  int threads = 1;
  std::optional<DeviceKind> device;    ///< none: CUDA when there is a CUDA device, else the CPU
  std::optional<Precision> precision;  ///< none: what PredictorOptions says
  bool fast = false;                   ///< as that of PredictorOptions
};
/// Adds --threads, --device and --precision; of a verb where speed counts `compute.fast` is set.
void add_compute(VerbTable& verb, ComputeArguments& compute);
/// Loads the model in `folder`; `compute` replaces the threads and precision of `options`. Without libtorch it goes
/// onto the CPU. Throws Error naming the file or tensor, and for an encoder without heads when `need_heads`.
Predictor load(const fs::path& folder, PredictorOptions options, const ComputeArguments& compute,
               const GlobalOptions& global, bool need_heads = false);

/// The decisions that may be asked for.
const Choices<Decide>& decide_choices();
/// Adds --decide of a verb that reads a checkpoint, below heading `group`.
OptionRow& add_decide(VerbTable& verb, std::optional<Decide>& decide, const char* group);

/// Adds --json; `what` says in the help what the file gets.
OptionRow& add_json(VerbTable& verb, std::string& file, const std::string& what);
/// Writes `json` to `file`; "-" is standard output.
void write_json(const std::string& file, const OrderedJson& json);

/// Calls check_output, and throws Error when writing `file` would change a file of `model` or of the run that
/// it belongs to.
void check_output_of_model(const std::string& file, const std::string& model, const std::string& input = "");

/// Says how many of the texts were cut, as a warning where they are many.
void log_truncated(size_t truncated, size_t rows, const TextCut& cut);

/// Says what was odd about `rows`, and how many were cut.
void log_rows(const TextRows& rows, const TextCut& cut);

/// The argument FILE of verbs that read rows of text, and how the rows are read.
struct InputArguments {
  std::string file = "-";
  ReadingArguments reading;
  bool keep_going = false;
};
/// Adds FILE, the options of add_reading and add_pair_column, and --keep-going.
void add_input(VerbTable& verb, InputArguments& input);
/// Opens the rows, and logs the warnings about the file.
std::unique_ptr<RowReader> open_input(const InputArguments& input);
/// Returns how texts are taken from the rows and cut. `of_model` are those that a checkpoint
/// was trained on, see ReadingArguments::text.
TextRowsOptions text_options(const InputArguments& input, const std::optional<TextColumns>& of_model,
                             const TextCut& cut, int threads);

/// Logs each of `warnings`.
void log_warnings(const std::vector<std::string>& warnings);

}  // namespace mtnlp::cli
