// tasks.json is written last into a folder that is complete but for it: it holds the checksums of all other
// files, and of itself. It is written in the lowest version that says all, and is read in every version up to
// ours.
#include "hub/model_folder.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/placeholder.h"
#include "base/words.h"
#include "hub/encoder_config.h"
#include "tasks/task_kind.h"
#include "text/sentence_config.h"

namespace mtnlp {

std::unique_ptr<Tokenizer> load_model_tokenizer(const fs::path& folder, const std::string& prompt) {
  const fs::path own = transformer_folder(folder);
  auto tokenizer = load_tokenizer(own);
  const fs::path file = own / "config.json";
  const int64_t rows = read_encoder_config(file).vocabulary;
  if (static_cast<int64_t>(tokenizer->vocabulary_size()) > rows)
    fail_input(own.string(), ": the tokenizer has ", tokenizer->vocabulary_size(),
               " pieces, but vocab_size in ", file.filename().string(), " is ", rows,
               "; the files are of different models");
  log_debug(str(own.string(), ": ", tokenizer->kind(), ", ", tokenizer->vocabulary_size(), " pieces"));
  if (!prompt.empty()) tokenizer->use_prompt(prompt);
  return tokenizer;
}

void require_encoder_folder(const fs::path& folder) {
  if (!fs::is_directory(folder))
    fail_input(folder.string(),
               fs::exists(folder) ? ": is a file, not an encoder folder" : ": no such encoder folder",
               "; ./run fetch brings the default one to models/minilm-l6");
}

Prompts read_prompts(const fs::path& folder) {
  Prompts prompts = read_modules(folder).prompts;
  if (!is_checkpoint(folder)) return prompts;
  PromptChoice own{.text = parse_tasks_file(folder).prompt};
  if (own.text == prompts.default_text()) return prompts;
  own.none = own.text.empty();
  return choose_prompt(std::move(prompts), own, folder);
}

std::vector<std::string> settings_files(const fs::path& own) {
  std::vector<std::string> names = tokenizer_files(own);
  if (is_there(own / "config.json")) names.emplace_back("config.json");
  for (const std::string& name : sentence_config_names())
    if (is_there(own / name)) names.push_back(name);
  return names;
}

std::vector<std::string> shared_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* name : {"modules.json", "config_sentence_transformers.json", kHeadsFile, kPoolingFile})
    if (is_there(folder / name)) names.emplace_back(name);
  return names;
}

std::vector<std::string> encoder_files(const fs::path& folder) {
  const fs::path own = transformer_folder(folder);
  std::vector<std::string> names = settings_files(own);
  for (const std::string& name : weights_names(own)) names.push_back(name);
  const fs::path inner = own.lexically_relative(folder);
  if (inner != ".")
    for (std::string& name : names) name = (inner / name).generic_string();
  return names;
}

std::map<std::string, std::string> encoder_checksums(const fs::path& folder) {
  return file_checksums(folder, encoder_files(folder));
}

std::vector<std::string> model_files(const fs::path& folder) {
  std::vector<std::string> names = encoder_files(folder);
  for (const std::string& name : shared_files(folder)) names.push_back(name);
  for (const std::string& name : read_modules(folder).folders) names.push_back(name + "/config.json");
  if (!is_checkpoint(folder)) return names;
  names.emplace_back("tasks.json");
  for (const auto& [name, checksum] : parse_tasks_file(folder).checksums) names.push_back(name);
  return names;
}

TextCut read_text_cut(const fs::path& folder, Truncation usual) {
  if (is_checkpoint(folder)) return parse_tasks_file(folder).cut;
  const Modules modules = read_modules(folder);
  const fs::path config = folder / modules.transformer / "config.json";
  const auto positions = static_cast<size_t>(read_encoder_config(config).positions);
  const size_t length = modules.max_length;
  return {length == 0 ? positions : std::min(length, positions), usual};
}

bool is_checkpoint(const fs::path& folder) {
  return fs::exists(fs::symlink_status(folder / "tasks.json"));
}

namespace {

/// Reads a number; one that is not finite is null in JSON, and no number.
double read_number(const Json& value, const char* key, const std::string& where) {
  if (!value.is_number()) fail_input(where, ": \"", key, "\" is not a finite number: ", json_excerpt(value));
  return value.get<double>();
}

/// Reads a list with a number for each label; empty when there is none.
std::vector<double> read_numbers(const Json& entry, const char* key, const std::string& where) {
  std::vector<double> numbers;
  if (!entry.contains(key)) return numbers;
  const Json& list = entry[key];
  if (!list.is_array() || list.empty())
    fail_input(where, ": \"", key, "\" is not a list of a number for each label: ", json_excerpt(list));
  for (const Json& value : list) numbers.push_back(read_number(value, key, where));
  return numbers;
}

Decision read_decision(const Json& entry, const std::string& where) {
  Decision decision;
  if (entry.contains("temperature"))
    decision.temperature = read_number(entry["temperature"], "temperature", where);
  decision.shift = read_numbers(entry, "shift", where);
  decision.thresholds = read_numbers(entry, "thresholds", where);
  return decision;
}

std::optional<Scale> read_scale(const Json& entry, const std::string& where) {
  if (!entry.contains("scale")) return std::nullopt;
  const Json& scale = entry["scale"];
  if (!scale.is_object() || !scale.contains("mean") || !scale.contains("deviation"))
    fail_input(where, ": \"scale\" is not an object with mean and deviation: ", json_excerpt(scale));
  return Scale{read_number(scale["mean"], "mean", where),
               read_number(scale["deviation"], "deviation", where)};
}

Task read_task(const Json& entry, const fs::path& file) {
  Task task{json_require<std::string>(entry, "name", file)};
  const std::string usual = default_task_kind().name();
  const std::string where = str(file.string(), ": task \"", task.name, "\"");
  task.kind = &find_task_kind(json_get<std::string>(entry, "kind", usual, file), where);
  if (task.kind->has_labels()) task.labels = json_require<std::vector<std::string>>(entry, "labels", file);
  task.decision = read_decision(entry, where);
  task.scale = read_scale(entry, where);
  if (const std::string fault = task.kind->fault(task); !fault.empty()) fail_input(where, " ", fault);
  return task;
}

Json task_json(const Task& task) {
  Json json = {{"name", task.name}};
  if (task.kind != &default_task_kind()) json["kind"] = task.kind->name();
  if (task.kind->has_labels()) json["labels"] = task.labels;
  if (task.decision.temperature != 1) json["temperature"] = task.decision.temperature;
  if (!task.decision.shift.empty()) json["shift"] = task.decision.shift;
  if (!task.decision.thresholds.empty()) json["thresholds"] = task.decision.thresholds;
  if (task.scale) json["scale"] = {{"mean", task.scale->mean}, {"deviation", task.scale->deviation}};
  return json;
}

/// Returns the lowest version of the format that says all of `tasks`.
/// Reads a number from `low` to `high`.
size_t read_bounded(const Json& json, const char* key, size_t low, size_t high, const fs::path& file) {
  const auto value = json_require<size_t>(json, key, file);
  if (value < low || value > high)
    fail_input(file.string(), ": ", key, " is ", value, "; valid are ", low, " to ", high);
  return value;
}

TextCut read_cut(const Json& json, const fs::path& file) {
  TextCut cut{read_bounded(json, "max_length", 2, 1'000'000, file),
              parse_truncation(json_get<std::string>(json, "truncation", "head", file))};
  if (!json.contains("windows")) return cut;
  const auto windows = json_require<Json>(json, "windows", file);
  cut.stride = read_bounded(windows, "stride", 1, cut.max_length, file);
  cut.max_windows = read_bounded(windows, "most", 1, kMostWindows, file);
  return cut;
}

int version_for(const TasksFile& tasks) {
  const auto is_usual = [](const Task& task) { return task.kind == &default_task_kind(); };
  const auto is_decided = [](const Task& task) { return task.decision != Decision(); };
  const auto is_newer = [](const Task& task) { return !task.decision.thresholds.empty() || task.scale; };
  if (tasks.cut.has_windows()) return 7;
  if (tasks.text.is_pair()) return 6;
  if (std::ranges::any_of(tasks.tasks, is_newer)) return 5;
  if (std::ranges::any_of(tasks.tasks, is_decided)) return 4;
  if (!std::ranges::all_of(tasks.tasks, is_usual)) return 3;
  return tasks.prompt.empty() && tasks.text.names.size() == 1 ? 1 : 2;
}

}  // namespace

TasksFile parse_tasks_file(const fs::path& folder) {
  const fs::path file = folder / "tasks.json";
  refuse_placeholder(file);
  const Json json = read_json(file);
  const auto version = json_require<int>(json, "format_version", file);
  if (version < 1 || version > TasksFile::kVersion)
    fail_input(file.string(), ": format_version is ", version, "; this mtnlp reads up to ",
               TasksFile::kVersion);
  TasksFile result;
  std::set<std::string> names;
  for (const Json& entry : json_require<Json>(json, "tasks", file)) {
    Task task = read_task(entry, file);
    if (!names.insert(task.name).second)
      fail_input(file.string(), ": task \"", task.name, "\" is there twice");
    result.tasks.push_back(std::move(task));
  }
  if (result.tasks.empty()) fail_input(file.string(), ": names no task");
  result.pooling = parse_pooling(json_require<std::string>(json, "pooling", file));
  result.cut = read_cut(json, file);
  result.prompt = json_get<std::string>(json, "prompt", "", file);
  result.text.names = json_get(json, "text_columns", result.text.names, file);
  result.text.join = json_get(json, "text_join", result.text.join, file);
  result.text.pair = json_get(json, "pair_column", result.text.pair, file);
  if (result.text.names.empty()) fail_input(file.string(), ": \"text_columns\" names none");
  result.provenance = json_get<std::map<std::string, std::string>>(json, "provenance", {}, file);
  result.checksums = json_require<std::map<std::string, std::string>>(json, "checksums", file);
  // The checksums cannot hold tasks.json's own, so it carries one of everything else in it.
  Json content = json;
  const auto own = json_require<std::string>(json, "checksum", file);
  content.erase("checksum");
  if (checksum(content.dump()) != own)
    fail_input(file.string(), ": the checksum does not match; the file is damaged");
  return result;
}

TasksFile read_tasks_file(const fs::path& folder) {
  const fs::path file = folder / "tasks.json";
  TasksFile result = parse_tasks_file(folder);
  for (const auto& [name, expected] : result.checksums) {
    const fs::path path = folder / name;
    if (fs::path(name).is_absolute() || name.find("..") != std::string::npos)
      fail_input(file.string(), ": the file name \"", name, "\" leaves the folder");
    if (const std::string found = file_checksum(path); found != expected) {
      refuse_placeholder(path);
      fail_input(path.string(), ": the checksum is ", found, ", expected ", expected,
                 "; the file is damaged");
    }
  }
  return result;
}

namespace {

std::string tasks_text(const TasksFile& tasks) {
  Json list = Json::array();
  for (const Task& task : tasks.tasks) list.push_back(task_json(task));
  Json json = {{"format_version", version_for(tasks)},
               {"tasks", list},
               {"pooling", pooling_name(tasks.pooling)},
               {"max_length", tasks.cut.max_length},
               {"truncation", truncation_name(tasks.cut.truncation)},
               {"provenance", tasks.provenance},
               {"checksums", tasks.checksums}};
  if (!tasks.prompt.empty()) json["prompt"] = tasks.prompt;
  if (tasks.text.names != TextColumns().names) json["text_columns"] = tasks.text.names;
  if (tasks.text.join != TextColumns().join) json["text_join"] = tasks.text.join;
  if (tasks.text.is_pair()) json["pair_column"] = tasks.text.pair;
  if (tasks.cut.has_windows())
    json["windows"] = {{"stride", tasks.cut.stride}, {"most", tasks.cut.max_windows}};
  json["checksum"] = checksum(json.dump());
  return json.dump(2) + "\n";
}

}  // namespace

void write_tasks_file(const fs::path& folder, TasksFile tasks) {
  tasks.checksums.clear();
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      tasks.checksums[fs::relative(entry.path(), folder).generic_string()] = file_checksum(entry.path());
  write_file(folder / "tasks.json", tasks_text(tasks));
}

void replace_decisions(const fs::path& folder, const std::vector<Task>& tasks, const std::string& card) {
  const fs::path file = folder / "tasks.json", readme = folder / "README.md";
  TasksFile content = parse_tasks_file(folder);
  for (size_t t = 0; t < tasks.size(); ++t) content.tasks[t].decision = tasks[t].decision;
  const auto write = [&] {
    if (const std::string text = tasks_text(content); text != read_file(file)) write_file_atomic(file, text);
  };
  const bool new_card = !card.empty() && !(is_there(readme) && read_file(readme) == card);
  if (new_card) {
    content.checksums.erase("README.md");  // a file that is not listed may be anything
    write();
    write_file_atomic(readme, card);
  }
  if (!card.empty()) content.checksums["README.md"] = file_checksum(readme);
  write();
}

}  // namespace mtnlp
