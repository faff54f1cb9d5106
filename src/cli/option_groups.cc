#include "cli/option_groups.h"

#include <charconv>
#include <sstream>

#include <ATen/Parallel.h>

#include "mtnlp/base/threads.h"

namespace mtnlp::cli {
namespace {

std::vector<TaskFile> task_files(const std::string& option, const std::vector<std::string>& values) {
  std::vector<TaskFile> files;
  for (const auto& [name, file] : parse_pairs(option, values)) files.push_back({name, file});
  return files;
}

}  // namespace

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
    size_t count = 0;
    const auto [end, error] = std::from_chars(rows.data(), rows.data() + rows.size(), count);
    if (error != std::errc() || end != rows.data() + rows.size() || count == 0)
      fail_input("--limit ", name, "=", rows, ": \"", rows, "\" is no number of rows");
    options.limit[name] = count;
  }
  for (const auto& [name, column] : parse_pairs("--label-column", label_columns))
    options.label_columns[name] = column;
  for (const auto& [name, list] : parse_pairs("--labels", labels)) {
    std::istringstream in(list);
    for (std::string label; std::getline(in, label, ',');) options.labels[name].push_back(label);
  }
  return options;
}

void add_threads(CLI::App& app, int& threads) {
  threads = available_cpus();
  app.add_option("--threads", threads, "Threads")
      ->check(in_range(1, 1024))
      ->capture_default_str()
      ->group("Machine");
}

void add_device(CLI::App& app, std::string& device) {
  app.add_option("--device", device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str()
      ->group("Machine");
}

void use_threads(int threads) {
  at::set_num_threads(threads);
}

void add_input(CLI::App& app, InputArguments& input) {
  app.add_option("FILE", input.file, "Rows to read; - is standard input")->capture_default_str();
  app.add_option("--format", input.format, "lines, csv, tsv, jsonl; auto goes by the file name")
      ->check(CLI::IsMember({"auto", "lines", "csv", "tsv", "jsonl"}))
      ->capture_default_str();
  app.add_option("--text-column", input.text_column, "Column that holds the text")->capture_default_str();
}

OpenInput open_input(const InputArguments& input) {
  OpenInput open{open_rows(input.file, parse_row_format(input.format)), 0};
  if (open.reader->format() != RowFormat::kLines)
    open.text_column = require_column(*open.reader, input.text_column);
  return open;
}

}  // namespace mtnlp::cli
