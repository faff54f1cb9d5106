#include "cli/train_command.h"

#include <algorithm>

#include "base/printable.h"
#include "base/words.h"
#include "data/given_files.h"
#include "data/split.h"
#include "tasks/task_kind.h"

namespace mtnlp::cli {
namespace {

void require_printable(const char* what, const std::string& name) {
  if (printable(name) != name)
    fail_input(
        what, " ", shown(name),
        " has characters that cannot stand in the command that data split prints; rename it, or split with "
        "--quiet");
}

/// Returns the value of --labels, NAME=a,"b,c", for a task that has a label without rows in the training
/// part, where training would not find it; else "".
std::string labels_of_task(const Dataset& dataset, const std::vector<Part>& parts, size_t task) {
  const Task& own = dataset.tasks[task];
  const std::vector<std::string>& labels = own.labels;
  if (!own.kind->has_labels()) return "";
  const Strata strata = own.kind->strata(own, targets_of(dataset, task));
  std::vector<bool> trains(labels.size());
  for (size_t id = 0; id < parts.size(); ++id)
    if (const Target target = dataset.rows[id].targets[task]; !target.is_none() && parts[id] == Part::kTrain)
      for (const size_t label : strata.of(target)) trains[label] = true;
  if (std::ranges::find(trains, false) == trains.end()) return "";
  for (const std::string& label : labels) require_printable("the label", label);
  std::string list = csv_line(labels);
  list.pop_back();  // the line end
  return own.name + "=" + list;
}

/// Adds the options about reading: the written parts have the columns and the delimiter of the input.
void add_reading_words(const ReadingArguments& reading, OptionWords& options) {
  if (reading.format == RowFormat::kCsv || reading.format == RowFormat::kTsv ||
      reading.format == RowFormat::kJsonl)
    options.emplace_back("--format", row_format_names()[static_cast<size_t>(reading.format)]);
  if (!reading.delimiter.empty()) options.emplace_back("--delimiter", reading.delimiter);
  if (reading.no_header) options.emplace_back("--no-header", std::nullopt);
  for (const std::string& column : reading.text_columns) options.emplace_back("--text-column", column);
  if (reading.join) options.emplace_back("--join", reading.join);
  if (!reading.pair_column.empty()) options.emplace_back("--pair-column", reading.pair_column);
}

}  // namespace

std::string shell_word(const std::string& word) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string report_line(const fs::path& folder) {
  return "all about it on one page: " +
         command_text("mtnlp report " + shell_word(folder.string()), {{"--out", "report.html"}});
}

OptionWords options_of_parts(const DataArguments& arguments, uint64_t seed, const std::string& out,
                             const Dataset& dataset, const std::vector<Part>& parts) {
  OptionWords options;
  add_reading_words(arguments.reading, options);
  if (arguments.keep_going) options.emplace_back("--keep-going", std::nullopt);
  for (const std::string& column : arguments.label_columns) options.emplace_back("--label-column", column);
  if (!arguments.group_column.empty()) options.emplace_back("--group-column", arguments.group_column);
  for (const std::string& labels : arguments.labels) options.emplace_back("--labels", labels);
  if (!arguments.missing_labels.empty()) options.emplace_back("--missing-labels", arguments.missing_labels);
  if (arguments.label_separator != DataArguments().label_separator)
    options.emplace_back("--label-separator", arguments.label_separator);
  if (arguments.empty_is_none) options.emplace_back("--empty-is", "none");
  if (seed != SplitOptions().seed) options.emplace_back("--seed", std::to_string(seed));
  for (const auto& [option, value] : options)
    if (value) require_printable(option.c_str(), *value);
  for (size_t task = 0; task < dataset.tasks.size(); ++task) {
    const std::string& name = dataset.tasks[task].name;
    require_printable("the task", name);
    if (arguments.dataset_options().labels.contains(name)) continue;
    if (std::string labels = labels_of_task(dataset, parts, task); !labels.empty())
      options.emplace_back("--labels", std::move(labels));
  }
  require_printable("the folder", out);
  for (const Source& source : dataset.sources) require_printable("the file", source.file);
  return options;
}

std::string train_command(const Dataset& dataset, const std::vector<WrittenPart>& files,
                          const OptionWords& options) {
  constexpr const char* kOptions[] = {"--task", "--validation", "--test"};
  OptionWords words;
  const auto add = [&](Part part, const Source& source, const std::string& file) {
    for (const size_t task : source.tasks)
      words.emplace_back(kOptions[static_cast<size_t>(part)], task_file_text(dataset.tasks[task], file));
  };
  for (const WrittenPart& file : files) add(file.part, dataset.sources[file.source], file.file.string());
  for (const Source& source : dataset.sources)
    if (source.part) add(*source.part, source, source.file);
  words.insert(words.end(), options.begin(), options.end());
  return command_text("mtnlp train", words);
}

std::string command_text(const std::string& command, const OptionWords& options) {
  std::string text = command;
  for (const auto& [option, value] : options) {
    const bool apart = value && !value->starts_with('-');
    text += " " +
            (apart ? option + " " + shell_word(*value) : shell_word(value ? option + "=" + *value : option));
  }
  return text;
}

}  // namespace mtnlp::cli
