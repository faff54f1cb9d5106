#include "cli/option_groups.h"

#include <algorithm>

#include <ATen/Parallel.h>

#include "mtnlp/base/log.h"
#include "mtnlp/base/numbers.h"
#include "mtnlp/base/output.h"
#include "mtnlp/base/suggest.h"
#include "mtnlp/base/threads.h"
#include "mtnlp/data/encoded_rows.h"

namespace mtnlp::cli {
namespace {

std::vector<TaskFile> task_files(const std::string& option, const std::vector<std::string>& values) {
  std::vector<TaskFile> files;
  for (const auto& [name, file] : parse_pairs(option, values)) files.push_back({name, file});
  return files;
}

}  // namespace

CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto check = [=](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return "";
    return "\"" + text + "\" is not valid; valid are " + join(words) + did_you_mean(text, words);
  };
  return CLI::Validator(check, join(words, "|"));
}

std::vector<std::pair<std::string, std::string>> parse_pairs(const std::string& option,
                                                             const std::vector<std::string>& values) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == value.size())
      fail_input(option, " \"", value, "\" is not of the form NAME=VALUE");
    pairs.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  }
  return pairs;
}

DatasetOptions DataArguments::dataset_options() const {
  DatasetOptions options;
  options.files = task_files("--task", tasks);
  options.validation = task_files("--validation", validation);
  options.test = task_files("--test", test);
  options.text_column = text_column;
  options.group_column = group_column;
  for (const auto& [name, rows] : parse_pairs("--limit", limits)) {
    const size_t count = parse_whole<size_t>(rows).value_or(0);
    if (count == 0) fail_input("--limit ", name, "=", rows, ": \"", rows, "\" is no number of rows");
    options.limit[name] = count;
  }
  for (const auto& [name, column] : parse_pairs("--label-column", label_columns))
    options.label_columns[name] = column;
  for (const auto& [name, list] : parse_pairs("--labels", labels)) {
    for (const std::string& label : split(list)) {
      if (label.empty()) fail_input("--labels ", name, "=", list, ": an empty label");
      options.labels[name].push_back(label);
    }
  }
  return options;
}

void add_labelled_files(CLI::App& app, DataArguments& data, const std::string& about_task) {
  app.add_option("--task", data.tasks, about_task)->type_name("NAME=FILE")->group("Data");
  app.add_option("--text-column", data.text_column, "Column that holds the text")
      ->type_name("COLUMN")
      ->capture_default_str()
      ->group("Data");
  app.add_option("--label-column", data.label_columns, "Column of a task's labels [label, else NAME]")
      ->type_name("NAME=COLUMN")
      ->group("Data");
}

void add_data(CLI::App& app, DataArguments& data) {
  add_labelled_files(app, data, "Labelled rows to be split; may be repeated [embedded data]");
  const auto option = [&](const char* name, auto& value, const char* placeholder, const char* about) {
    app.add_option(name, value, about)->type_name(placeholder)->group("Data");
  };
  option("--validation", data.validation, "NAME=FILE", "Given validation rows");
  option("--test", data.test, "NAME=FILE", "Given test rows");
  option("--limit", data.limits, "NAME=ROWS", "Use so many rows of the task's files");
  option("--group-column", data.group_column, "COLUMN",
         "Rows of one group stay in one part [the text itself]");
  option("--labels", data.labels, "NAME=a,b,c", "The labels and their order [sorted]");
}

void use_embedded_data_if_none(DataArguments& data) {
  if (!data.tasks.empty()) return;
  for (const char* name : {"topic", "sentiment"})
    data.tasks.push_back(str(name, "=", resource_path(str("data/", name, ".csv")).string()));
  if (data.group_column.empty()) data.group_column = "group";
}

void add_seed(CLI::App& app, uint64_t& seed, const char* about, const char* group) {
  app.add_option("--seed", seed, about)
      ->check(in_range<uint64_t>(0, 9'007'199'254'740'992))
      ->capture_default_str()
      ->group(group);
}

void add_threads(CLI::App& app, int& threads) {
  threads = available_cpus();
  app.add_option("--threads", threads, "Threads [the CPUs this process may use]")
      ->check(in_range(1, 1024))
      ->capture_default_str()
      ->group("Machine");
}

void add_device(CLI::App& app, std::string& device) {
  app.add_option("--device", device, "Where the model runs; auto takes CUDA when there is one")
      ->check(one_of({"auto", "cpu", "cuda"}))
      ->capture_default_str()
      ->group("Machine");
}

void add_precision(CLI::App& app, std::string& precision) {
  app.add_option("--precision", precision,
                 "Of the matrix products; auto is int8 for a quantised model, else fp32")
      ->check(one_of(inference_precisions()))
      ->capture_default_str()
      ->group("Machine");
}

void use_precision(Encoder& encoder, const std::string& precision) {
  encoder->pack(precision == "auto" ? encoder->precision() : parse_precision(precision));
}

void use_threads(int threads) {
  require_threads(2 * threads);  // libtorch's, and those that read ahead
  at::set_num_threads(threads);
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

void warn_if_truncated(size_t truncated, size_t rows, size_t max_length) {
  if (many_truncated(truncated, rows))
    log_warning(str(truncated, " of ", rows, " texts were cut to ", max_length, " tokens"));
}

void add_input(CLI::App& app, InputArguments& input) {
  app.add_option("FILE", input.file, "Rows to read, also as .gz; - is standard input")->capture_default_str();
  app.add_option("--format", input.format, "Format of the rows; auto goes by the file name")
      ->check(one_of({"auto", "lines", "csv", "tsv", "jsonl"}))
      ->capture_default_str();
  app.add_option("--text-column", input.text_column, "Column that holds the text")
      ->type_name("COLUMN")
      ->capture_default_str();
}

OpenInput open_input(const InputArguments& input) {
  OpenInput open{open_rows(input.file, parse_row_format(input.format)), 0};
  if (open.reader->format() != RowFormat::kLines)
    open.text_column = require_column(*open.reader, input.text_column);
  return open;
}

}  // namespace mtnlp::cli
