// Options that several verbs share, and validators for numbers.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "mtnlp/base/error.h"
#include "mtnlp/base/json.h"
#include "mtnlp/data/dataset.h"
#include "mtnlp/data/row_reader.h"
#include "mtnlp/model/encoder.h"

namespace mtnlp::cli {

/// Accepts a number from `low` to `high` (or below `high` when `open`), nothing else: not NaN, not "3x".
template <typename Number>
CLI::Validator in_range(Number low, Number high, bool open = false) {
  const std::string range = str(low, " to ", open ? "below " : "", high);
  const auto check = [=](const std::string& text) -> std::string {
    try {
      size_t end = 0;
      const double value = std::stod(text, &end);
      const bool whole =
          !std::is_integral_v<Number> || text.find_first_not_of("+-0123456789") == std::string::npos;
      const auto lowest = static_cast<double>(low), highest = static_cast<double>(high);
      if (end == text.size() && whole && value >= lowest && (open ? value < highest : value <= highest))
        return "";
    } catch (const std::exception&) {  // no number: reported below
    }
    return "\"" + text + "\" is not valid; valid are " + range;
  };
  return CLI::Validator(check, range);
}

/// Accepts one of `words`, and suggests the nearest for anything else.
CLI::Validator one_of(const std::vector<std::string>& words);

/// `NAME=VALUE` pairs of an option that may be given several times; NAME must not be empty.
std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string& option,
                                                             const std::vector<std::string>& values);

/// Where labelled rows come from: --task and what describes its columns.
struct DataArguments {
  std::vector<std::string> tasks, validation, test, limits, label_columns, labels;
  std::string text_column = "text";
  std::string group_column, missing_labels;

  /// As the data floor takes it; throws Error for malformed pairs.
  DatasetOptions dataset_options() const;
};

/// --task, --text-column, --label-column and --missing-labels: rows for tasks that are known.
void add_labelled_files(CLI::App& app, DataArguments& data, const std::string& about_task);
/// All of DataArguments: labelled rows that are to be split.
void add_data(CLI::App& app, DataArguments& data);
/// The embedded data when no --task is given; their groups keep forms and words of the test part out of
/// training.
void use_embedded_data_if_none(DataArguments& data);
/// --seed
void add_seed(CLI::App& app, uint64_t& seed, const char* about, const char* group);

/// --threads, the CPUs of the cgroup unless given.
void add_threads(CLI::App& app, int& threads);
/// --device
void add_device(CLI::App& app, std::string& device);
/// --precision of verbs that only read a model: auto is what the folder is in.
void add_precision(CLI::App& app, std::string& precision);
/// Brings `encoder` to it; throws Error when a model in 8 bits shall have another.
void use_precision(Encoder& encoder, const std::string& precision);
/// Limits libtorch to `threads` threads.
void use_threads(int threads);

/// --json FILE|-; `what` is written.
void add_json(CLI::App& app, std::string& file, const std::string& what);
/// Writes `json` to `file`, or standard output for "-".
void write_json(const std::string& file, const OrderedJson& json);

/// Warns when over 20 % of the texts were cut to the model's longest length.
void warn_if_truncated(size_t truncated, size_t rows, size_t max_length);

/// The FILE argument of verbs that read rows: [FILE|-] --format --text-column.
struct InputArguments {
  std::string file = "-";
  std::string format = "auto";
  std::string text_column = "text";
};
void add_input(CLI::App& app, InputArguments& input);
/// An open reader and the index of its text column.
struct OpenInput {
  std::unique_ptr<RowReader> reader;
  size_t text_column;
};
OpenInput open_input(const InputArguments& input);

}  // namespace mtnlp::cli
