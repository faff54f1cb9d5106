// Options that several verbs share. Invariant: an option has the same name and the same valid values in each
// verb that has it.
#include "cli/option_groups.h"

#include <algorithm>

#include "base/log.h"
#include "base/output.h"
#include "base/threads.h"
#include "base/words.h"
#include "data/encoded_rows.h"
#include "data/given_files.h"
#include "hub/model_folder.h"
#include "run/find_encoder.h"
#include "run/run_folder.h"
#include "tasks/labels.h"
#include "train/libtorch.h"

namespace mtnlp::cli {

std::vector<TaskFile> task_files(const std::string& option, const std::vector<std::string>& values) {
  std::vector<TaskFile> files;
  for (const auto& [name, file] : parse_pairs(option, "NAME=FILE", values))
    files.push_back(parse_task_file(name, file));
  return files;
}

std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string& option, const char* form,
                                                             const std::vector<std::string>& values) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == value.size())
      fail_input(option, " ", shown(value), " is not of the form ", form);
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
  for (const auto& [name, rows] : parse_pairs("--limit", "NAME=ROWS", limits)) {
    const size_t count = parse_number<size_t>(rows).value_or(0);
    if (count == 0)
      fail_input("--limit ", name, "=", rows, ": ", shown(rows), " is not a number of rows from 1");
    options.limit[name] = count;
  }
  for (const auto& [name, column] : parse_pairs("--label-column", "NAME=COLUMN", label_columns))
    options.label_columns[name].push_back(column);
  options.reading.label_separator = label_separator;
  options.reading.empty_is_none = empty_is_none;
  for (const auto& [name, list] : parse_pairs("--labels", "NAME=a,b,c", labels)) {
    for (const std::string& label : csv_fields(list, str("--labels ", name, "=", list))) {
      if (trim(label).empty()) fail_input("--labels ", name, "=", list, ": a label is empty");
      options.labels[name].push_back(label);
    }
  }
  if (missing_labels.empty()) return options;
  for (const std::string& word : csv_fields(missing_labels, "--missing-labels " + missing_labels)) {
    if (trim(word).empty()) fail_input("--missing-labels ", missing_labels, ": a word is empty");
    options.reading.missing_labels.push_back(word);
  }
  return options;
}

RowOptions ReadingArguments::rows() const {
  return {format, delimiter.empty() ? '\0' : parse_delimiter(delimiter), !no_header};
}

TextColumns ReadingArguments::text(const std::optional<TextColumns>& of_model) const {
  TextColumns columns = of_model.value_or(TextColumns());
  if (of_model && !of_model->is_pair() && !pair_column.empty())
    fail_input("--pair-column ", pair_column, ": the model was trained on single texts, not on pairs");
  if (!text_columns.empty()) columns = {text_columns, TextColumns().join, columns.pair};
  if (join) columns.join = *join;
  if (!pair_column.empty()) columns.pair = pair_column;
  return columns;
}

void add_reading(VerbTable& verb, ReadingArguments& reading, const char* group) {
  const OptionGroup options(verb, group);
  options.choice("--format", reading.format, choices_of<RowFormat>(row_format_names()),
                 "Format of the rows; auto: by the file name");
  options.text("--delimiter", reading.delimiter, "CHAR",
               "Character between the fields of CSV or TSV, or its name: comma, semicolon, tab, pipe, space "
               "[comma, for TSV tab]");
  options.flag("--no-header", reading.no_header,
               "Read the first line as a row; the columns are then named 1, 2, ...");
  options.list(
      "--text-column", reading.text_columns, "COLUMN",
      "Column that holds the text; may be repeated, the columns are then joined in that order [text]");
  options.text("--join", reading.join, "SEP", "Text between joined text columns; may be empty [a space]");
}

void add_pair_column(VerbTable& verb, ReadingArguments& reading, const char* group) {
  OptionGroup(verb, group)
      .text(
          "--pair-column", reading.pair_column, "COLUMN",
          "Column that holds a second text: a row is then a pair of texts, which the encoder reads together "
          "[none, or that of the model's training]");
}

void add_labelled_files(VerbTable& verb, DataArguments& data, const std::string& about_task) {
  const OptionGroup options(verb, "Data");
  options.list("--task", data.tasks, "NAME=FILE", about_task);
  add_reading(verb, data.reading, "Data");
  add_pair_column(verb, data.reading, "Data");
  options.flag("--keep-going", data.keep_going,
               "Drop rows that cannot be read, and count them, instead of stopping at the first");
  options.list(
      "--label-column", data.label_columns, "NAME=COLUMN",
      "Column that holds the labels of task NAME; given several times for a multilabel task, each column "
      "is a label, 0 or 1 [label, else NAME]");
  add_label_separator(options, data.label_separator,
                      "Text between the labels in a cell of a multilabel task");
  options.choice(
      "--empty-is", data.empty_is_none, Choices<bool>{{"unlabelled", false}, {"none", true}},
      "What an empty cell says of a row of a multilabel task: nothing is known of it, or it has no label");
  options.text(
      "--missing-labels", data.missing_labels, "a,b,c",
      "Words that count as no label, as an empty cell does; a line of CSV such as nan,\"a,b\" [none]");
}

OptionRow& add_label_separator(const OptionGroup& options, std::string& separator, const std::string& about) {
  const auto check = [](std::string& text) -> std::string {
    constexpr size_t kLongest = 16;
    const bool blank = text.find_first_not_of(" \t\r\n") == std::string::npos;
    if (!text.empty() && text.size() <= kLongest && (!blank || text == "\t")) return "";
    return str(shown(text), " is not a text of 1 to ", kLongest, " bytes other than white space");
  };
  OptionRow& row = options.parsed(
      "--label-separator", [&separator](const std::string& text) { separator = text; }, check, "SEP", about);
  row.default_value = separator;
  return row;
}

void add_data(VerbTable& verb, DataArguments& data) {
  add_labelled_files(
      verb, data,
      "Labelled rows of task NAME, to be split into parts; may be repeated; with :multilabel or "
      ":regression behind FILE rows have any number of labels, or a number [embedded data]");
  const OptionGroup options(verb, "Data");
  options.list("--validation", data.validation, "NAME=FILE",
               "Validation rows of task NAME; --task then gives none; may be repeated [split off --task]");
  options.list("--test", data.test, "NAME=FILE",
               "Test rows of task NAME; --task then gives none; may be repeated [split off --task]");
  options.list("--limit", data.limits, "NAME=ROWS",
               "Number of labelled rows to use of the --task files of NAME, drawn by the seed [all]");
  options.text("--group-column", data.group_column, "COLUMN",
               "Column that groups rows: those of equal value stay in one part [the text itself]");
  options.list(
      "--labels", data.labels, "NAME=a,b,c",
      "Labels of task NAME in their order, a line of CSV; any other label is an error [those found, sorted]");
}

void use_embedded_data_if_none(DataArguments& data) {
  if (!data.tasks.empty()) return;
  for (const char* name : {"topic", "sentiment"})
    data.tasks.push_back(str(name, "=", resource_path(str("data/", name, ".csv")).string()));
  if (data.group_column.empty()) data.group_column = "group";
}

void add_seed(VerbTable& verb, uint64_t& seed, const char* about, const char* group) {
  OptionGroup(verb, group).number("--seed", seed, {0, kLargestSeed}, about);
}

void add_pooling(VerbTable& verb, std::optional<PoolingMode>& pooling, const std::string& usual,
                 const char* group) {
  std::vector<std::string> forms = pooling_names();
  forms.emplace_back(kPoolingWithHeads);
  const auto check = [forms](std::string& text) -> std::string {
    const auto mode = find_pooling(text);
    if (!mode) return not_one_of(text, forms);
    text = pooling_name(*mode);
    return "";
  };
  OptionGroup(verb, group)
      .parsed(
          "--pooling", [&pooling](const std::string& text) { pooling = find_pooling(text); }, check,
          join(forms, "|"),
          "How the vectors of a text's tokens become its embedding; attention:H: with H heads, each on an "
          "H-th of the numbers [" +
              usual + "]")
      .choices = pooling_names();
}

void add_cut(const OptionGroup& group, CutChoice& cut, const std::string& else_from) {
  group.number(
      "--max-length", cut.max_length, {2, 1'000'000},
      str("Most tokens of a text, special ones included; longer texts are cut [128", else_from, "]"));
  group.choice("--truncate", cut.truncation, choices_of<Truncation>(truncation_names()),
               "End of a longer text that is kept; head+tail: a quarter from the start, the rest from the "
               "end [the model folder's, else head]");
  group.number(
      "--window", cut.stride, {0, 1'000'000},
      str("Tokens from the start of one window to that of the next: a text longer than --max-length "
          "is read in overlapping windows of that length, whose logits are averaged; 0: no windows [0",
          else_from, "]"));
  group.number("--max-windows", cut.max_windows, {1, kMostWindows},
               str("Most windows of a text; of a longer text the end is left out that --truncate does not "
                   "keep [16",
                   else_from, "]"));
}

void add_threads(VerbTable& verb, int& threads, int usual) {
  threads = usual > 0 ? usual : available_cpus();
  const char* about =
      usual > 0 ? "Number of threads" : "Number of threads [the CPUs that this process may use]";
  OptionGroup(verb, "Machine").number("--threads", threads, {1, 1024}, about).in_run = InRun::kFree;
}

void add_device(VerbTable& verb, std::optional<DeviceKind>& device) {
  const Choices<std::optional<DeviceKind>> devices = {
      {"auto", std::nullopt}, {"cpu", DeviceKind::kCpu}, {"cuda", DeviceKind::kCuda}};
  OptionGroup(verb, "Machine")
      .choice("--device", device, devices,
              "Device that computes; auto: CUDA when there is a CUDA device, else the CPU; CUDA is not "
              "tested yet")
      .in_run = InRun::kFree;
}

Choices<std::optional<Precision>> precision_choices(const std::vector<std::string>& names) {
  Choices<std::optional<Precision>> choices;
  for (const std::string& name : names)
    choices.emplace_back(name, name == "auto" ? std::nullopt : std::optional(parse_precision(name)));
  return choices;
}

void add_compute(VerbTable& verb, ComputeArguments& compute) {
  add_threads(verb, compute.threads);
  add_device(verb, compute.device);
  OptionGroup(verb, "Machine")
      .choice("--precision", compute.precision, precision_choices(inference_precisions()),
              compute.fast
                  ? "Number format of the matrix products; auto: int8 for a quantised model, else bf16 where "
                    "this CPU has AMX, which is then more than twice as fast as fp32, else fp32"
                  : "Number format of the matrix products; auto: int8 for a quantised model, else fp32");
}

Predictor load(const fs::path& folder, PredictorOptions options, const ComputeArguments& compute,
               const GlobalOptions& global, bool need_heads) {
  require_threads(2 * compute.threads);  // to compute, and to read ahead
  log_debug(str(compute.threads, " threads"));
  options.threads = compute.threads;
  options.precision = compute.precision;
  options.fast = compute.fast;
  if (global.libtorch == nullptr) return load_predictor(folder, options, need_heads);
  return global.libtorch->load_predictor(compute.device, folder, options, need_heads);
}

const Choices<Decide>& decide_choices() {
  static const Choices<Decide> kChoices = {{"accuracy", Decide::kAccuracy}, {"balanced", Decide::kBalanced}};
  return kChoices;
}

OptionRow& add_decide(VerbTable& verb, std::optional<Decide>& decide, const char* group) {
  return OptionGroup(verb, group)
      .choice("--decide", decide, decide_choices(),
              "What decisions aim at: most right answers, or equal recall of the labels, by the shift that "
              "train --decide balanced has stored [balanced where there is a shift, else accuracy]");
}

OptionRow& add_json(VerbTable& verb, std::string& file, const std::string& what) {
  return OptionGroup(verb, "Output")
      .text("--json", file, "FILE",
            "File that gets " + what + " as JSON; - is standard output, and leaves the tables out");
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
  else if (const fs::path folder = fs::exists(model) ? fs::path(model) : find_hub_encoder(model).value_or("");
           fs::is_directory(folder))
    for (const std::string& name : model_files(folder)) files.push_back(folder / name);
  for (const fs::path& kept : files)
    if (changes_file(file, kept))
      fail_input(file == "-" ? "standard output" : file, ": is a file of the model (", kept.string(),
                 "), which would be overwritten; write to another file");
}

void log_truncated(size_t truncated, size_t rows, const TextCut& cut) {
  if (truncated == 0) return;
  const std::string text = truncated_text(truncated, rows, cut);
  many_truncated(truncated, rows) ? log_warning(text) : log_info(text);
}

void log_rows(const TextRows& rows, const TextCut& cut) {
  log_warnings(rows.warnings());
  log_truncated(rows.truncated().count, rows.rows(), cut);
}

void log_warnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) log_warning(warning);
}

void add_input(VerbTable& verb, InputArguments& input) {
  OptionGroup(verb).argument("FILE", input.file,
                             "File of rows to read, plain or compressed; - is standard input");
  add_reading(verb, input.reading, "Input");
  add_pair_column(verb, input.reading, "Input");
  OptionGroup(verb, "Input")
      .flag("--keep-going", input.keep_going,
            "Leave the values of a row that cannot be read empty, and count such rows, instead of stopping "
            "at the first");
}

std::unique_ptr<RowReader> open_input(const InputArguments& input) {
  std::unique_ptr<RowReader> reader = open_rows(input.file, input.reading.rows());
  const std::vector<std::string>& columns = input.reading.text_columns;
  if (reader->format() == RowFormat::kLines && !columns.empty() && columns != TextColumns().names)
    fail_input(reader->name(),
               ": is read as plain lines, which have no columns; --text-column needs --format csv, tsv "
               "or jsonl");
  log_warnings(reader->warnings());
  return reader;
}

TextRowsOptions text_options(const InputArguments& input, const std::optional<TextColumns>& of_model,
                             const TextCut& cut, int threads) {
  return {.columns = input.reading.text(of_model),
          .cut = cut,
          .threads = threads,
          .keep_going = input.keep_going};
}

}  // namespace mtnlp::cli
