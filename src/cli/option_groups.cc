#include "cli/option_groups.h"

#include <algorithm>

#include "base/log.h"
#include "base/output.h"
#include "base/suggest.h"
#include "base/threads.h"
#include "data/encoded_rows.h"
#include "data/given_files.h"
#include "hub/model_folder.h"
#include "network/load_predictor.h"
#include "run/run_folder.h"
#include "tasks/labels.h"

namespace mtnlp::cli {
namespace {

std::vector<TaskFile> task_files(const std::string& option, const std::vector<std::string>& values) {
  std::vector<TaskFile> files;
  for (const auto& [name, file] : parse_pairs(option, values)) files.push_back(parse_task_file(name, file));
  return files;
}

/// Adds an option of the group Data. One value an occurrence, so that what stands behind it is not taken.
template <typename Value>
void add_data_option(CLI::App& app, const std::string& name, Value& value, const std::string& placeholder,
                     const std::string& about) {
  app.add_option(name, value, about)->type_name(placeholder)->allow_extra_args(false)->group("Data");
}

}  // namespace

CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto check = [=](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return "";
    return shown(text) + " is not valid; valid are " + join(words) + did_you_mean(text, words);
  };
  return CLI::Validator(check, join(words, "|"));
}

std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string& option,
                                                             const std::vector<std::string>& values) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == value.size())
      fail_input(option, " ", shown(value), " is not of the form NAME=VALUE");
    pairs.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  }
  return pairs;
}

DatasetOptions DataArguments::dataset_options() const {
  DatasetOptions options;
  options.files = task_files("--task", tasks);
  options.validation = task_files("--validation", validation);
  options.test = task_files("--test", test);
  options.reading.text = reading.text();
  options.reading.rows = reading.rows();
  options.reading.keep_going = keep_going;
  options.reading.group_column = group_column;
  for (const auto& [name, rows] : parse_pairs("--limit", limits)) {
    const size_t count = parse_number<size_t>(rows).value_or(0);
    if (count == 0) fail_input("--limit ", name, "=", rows, ": ", shown(rows), " is no number of rows");
    options.limit[name] = count;
  }
  for (const auto& [name, column] : parse_pairs("--label-column", label_columns))
    options.label_columns[name] = column;
  for (const auto& [name, list] : parse_pairs("--labels", labels)) {
    for (const std::string& label : csv_fields(list, str("--labels ", name, "=", list))) {
      if (trim(label).empty()) fail_input("--labels ", name, "=", list, ": an empty label");
      options.labels[name].push_back(label);
    }
  }
  if (missing_labels.empty()) return options;
  for (const std::string& word : csv_fields(missing_labels, "--missing-labels " + missing_labels)) {
    if (trim(word).empty()) fail_input("--missing-labels ", missing_labels, ": an empty word");
    options.reading.missing_labels.push_back(word);
  }
  return options;
}

RowOptions ReadingArguments::rows() const {
  return {parse_row_format(format), delimiter.empty() ? '\0' : parse_delimiter(delimiter), !no_header};
}

TextColumns ReadingArguments::text(const TextColumns& usual) const {
  TextColumns columns = usual;
  if (!text_columns.empty()) columns = {text_columns};
  if (joins) columns.join = join;
  return columns;
}

void add_reading(CLI::App& app, ReadingArguments& reading, const char* group) {
  app.add_option("--format", reading.format, "Format of the rows; auto goes by the file name")
      ->check(one_of(row_format_names()))
      ->capture_default_str()
      ->group(group);
  app.add_option("--delimiter", reading.delimiter,
                 "Character between fields of CSV or TSV, or comma, semicolon, tab, pipe, space [, or tab]")
      ->type_name("CHAR")
      ->group(group);
  app.add_flag("--no-header", reading.no_header, "The first line is a row; columns are called 1, 2, ...")
      ->group(group);
  // One value an occurrence, so that a FILE behind it is still FILE.
  app.add_option("--text-column", reading.text_columns,
                 "Column that holds the text; repeated, the columns are joined [text]")
      ->type_name("COLUMN")
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("--join", reading.join, "Characters between joined text columns [a space]")
      ->type_name("SEP")
      ->each([&reading](const std::string&) { reading.joins = true; })
      ->group(group);
}

void add_labelled_files(CLI::App& app, DataArguments& data, const std::string& about_task) {
  add_data_option(app, "--task", data.tasks, "NAME=FILE", about_task);
  add_reading(app, data.reading, "Data");
  app.add_flag("--keep-going", data.keep_going,
               "Drop and count rows that cannot be read, instead of stopping")
      ->group("Data");
  add_data_option(app, "--label-column", data.label_columns, "NAME=COLUMN",
                  "Column of a task's labels [label, else NAME]");
  app.add_option(
         "--missing-labels", data.missing_labels,
         "Words that count as no label, as an empty cell does, in one line of CSV: nan,\"a,b\" [none]")
      ->type_name("a,b,c")
      ->group("Data");
}

void add_data(CLI::App& app, DataArguments& data) {
  add_labelled_files(app, data, "Labelled rows to be split; may be repeated [embedded data]");
  const auto option = [&](const char* name, auto& value, const char* placeholder, const char* about) {
    add_data_option(app, name, value, placeholder, about);
  };
  option("--validation", data.validation, "NAME=FILE", "Given validation rows");
  option("--test", data.test, "NAME=FILE", "Given test rows");
  option("--limit", data.limits, "NAME=ROWS", "Use so many rows of the task's files");
  option("--group-column", data.group_column, "COLUMN",
         "Rows of one group stay in one part [the text itself]");
  option("--labels", data.labels, "NAME=a,b,c", "The labels and their order, in one line of CSV [sorted]");
}

void use_embedded_data_if_none(DataArguments& data) {
  if (!data.tasks.empty()) return;
  for (const char* name : {"topic", "sentiment"})
    data.tasks.push_back(str(name, "=", resource_path(str("data/", name, ".csv")).string()));
  if (data.group_column.empty()) data.group_column = "group";
}

void add_seed(CLI::App& app, uint64_t& seed, const char* about, const char* group) {
  app.add_option("--seed", seed, about)
      ->transform(in_range<uint64_t>(0, 9'007'199'254'740'992))
      ->capture_default_str()
      ->group(group);
}

void add_threads(CLI::App& app, int& threads) {
  threads = available_cpus();
  app.add_option("--threads", threads, "Threads [the CPUs this process may use]")
      ->transform(in_range(1, 1024))
      ->capture_default_str()
      ->group("Machine");
}

void add_device(CLI::App& app, std::string& device) {
  app.add_option("--device", device, "Where the model runs; auto takes CUDA when there is one")
      ->check(one_of({"auto", "cpu", "cuda"}))
      ->capture_default_str()
      ->group("Machine");
}

void add_compute(CLI::App& app, ComputeArguments& compute) {
  add_threads(app, compute.threads);
  add_device(app, compute.device);
  app.add_option("--precision", compute.precision,
                 "Of the matrix products; auto is int8 for a quantised model, else fp32")
      ->check(one_of(inference_precisions()))
      ->capture_default_str()
      ->group("Machine");
}

Predictor load(const fs::path& folder, PredictorOptions options, const ComputeArguments& compute,
               bool need_heads) {
  require_threads(2 * compute.threads);  // those that compute, and those that read ahead
  options.threads = compute.threads;
  if (compute.precision != "auto") options.precision = parse_precision(compute.precision);
  return load_predictor_on(compute.device, folder, options, need_heads);
}

void add_json(CLI::App& app, std::string& file, const std::string& what) {
  app.add_option("--json", file, "Write " + what + " as JSON; - is standard output, without the tables")
      ->type_name("FILE")
      ->group("Output");
}

void write_json(const std::string& file, const OrderedJson& json) {
  OutputFile out(file);
  out.stream() << json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) << '\n';
  out.commit();
}

void check_output_of_model(const std::string& file, const std::string& model, const std::string& input) {
  check_output(file, input);
  if (!changes_a_file(file)) return;
  std::vector<fs::path> files;
  if (const fs::path run = run_of_model(model); !run.empty())
    files = files_of_run(run);
  else if (fs::is_directory(model))
    for (const std::string& name : model_files(model)) files.push_back(fs::path(model) / name);
  for (const fs::path& kept : files)
    if (changes_file(file, kept))
      fail_input(file == "-" ? "standard output" : file, ": is a file of the model (", kept.string(),
                 "), which would be overwritten; write to another file");
}

void warn_if_truncated(size_t truncated, size_t rows, size_t max_length) {
  if (many_truncated(truncated, rows))
    log_warning(str(truncated, " of ", rows, " texts were cut to ", max_length, " tokens"));
}

void log_warnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) log_warning(warning);
}

void add_input(CLI::App& app, InputArguments& input) {
  app.add_option("FILE", input.file, "Rows to read, also compressed; - is standard input")
      ->capture_default_str();
  add_reading(app, input.reading, "Input");
  app.add_flag("--keep-going", input.keep_going,
               "A row that cannot be read is empty in the output and counted, instead of stopping")
      ->group("Input");
}

std::unique_ptr<RowReader> open_input(const InputArguments& input) {
  std::unique_ptr<RowReader> reader = open_rows(input.file, input.reading.rows());
  const std::vector<std::string>& columns = input.reading.text_columns;
  if (reader->format() == RowFormat::kLines && !columns.empty() && columns != TextColumns().names)
    fail_input(reader->name(),
               ": is read as plain lines, which have no columns for --text-column; --format csv (or "
               "tsv, jsonl) reads it with columns");
  log_warnings(reader->warnings());
  return reader;
}

TextRowsOptions text_options(const InputArguments& input, const TextColumns& of_model, const TextCut& cut,
                             int threads) {
  return {.columns = input.reading.text(of_model),
          .max_length = cut.max_length,
          .truncation = cut.truncation,
          .threads = threads,
          .keep_going = input.keep_going};
}

}  // namespace mtnlp::cli
