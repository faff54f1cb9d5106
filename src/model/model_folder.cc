#include "mtnlp/model/model_folder.h"

#include <algorithm>
#include <set>

#include "mtnlp/base/suggest.h"
#include "mtnlp/model/encoder_config.h"

namespace mtnlp {
namespace {

const std::vector<std::string> kPoolingNames = {"mean", "cls", "max"};
const std::vector<std::string> kTruncationNames = {"head", "tail", "head+tail"};

/// `sentence_transformers.models.Pooling` and its later spellings are all "Pooling".
std::string last_component(const std::string& type) {
  return type.substr(type.rfind('.') + 1);
}

PoolingMode read_pooling(const fs::path& file) {
  const Json json = read_json(file);
  if (json.contains("pooling_mode"))
    return parse_name<PoolingMode>(file.string() + ": pooling_mode",
                                   json_get<std::string>(json, "pooling_mode", "", file), kPoolingNames);
  // Up to sentence-transformers 5: one boolean per mode, several of them meaning concatenation.
  std::vector<std::string> chosen;
  for (const auto& [key, value] : json.items())
    if (key.starts_with("pooling_mode_") && json_get<bool>(json, key, false, file)) chosen.push_back(key);
  if (chosen.size() > 1)
    fail_input(file.string(), ": several poolings at once are not supported: ", join(chosen));
  if (chosen.empty() || chosen[0] == "pooling_mode_mean_tokens") return PoolingMode::kMean;
  if (chosen[0] == "pooling_mode_cls_token") return PoolingMode::kCls;
  if (chosen[0] == "pooling_mode_max_tokens") return PoolingMode::kMax;
  fail_input(file.string(), ": ", chosen[0], " is not supported; supported: mean, cls, max");
}

size_t read_length(const fs::path& file, const char* key) {
  if (!fs::exists(file)) return 0;
  const auto length = json_get<double>(read_json(file), key, 0, file);  // "no limit" is written as 1e30
  return length >= 1 && length <= 1e6 ? static_cast<size_t>(length) : 0;
}

void write_json(const fs::path& file, const OrderedJson& json) {
  write_file(file, json.dump(2) + "\n");
}

}  // namespace

PoolingMode parse_pooling(const std::string& name) {
  return parse_name<PoolingMode>("pooling", name, kPoolingNames);
}
const char* pooling_name(PoolingMode mode) {
  return kPoolingNames[static_cast<size_t>(mode)].c_str();
}
Truncation parse_truncation(const std::string& name) {
  return parse_name<Truncation>("truncation", name, kTruncationNames);
}
const char* truncation_name(Truncation truncation) {
  return kTruncationNames[static_cast<size_t>(truncation)].c_str();
}

const std::vector<std::string>& pooling_names() {
  return kPoolingNames;
}
const std::vector<std::string>& truncation_names() {
  return kTruncationNames;
}

fs::path weights_file(const fs::path& folder) {
  const fs::path floats = folder / "model.safetensors", int8 = folder / kInt8WeightsFile;
  return fs::exists(int8) && !fs::exists(floats) ? int8 : floats;
}

Modules read_modules(const fs::path& folder) {
  Modules modules;
  for (const size_t length : {read_length(folder / "sentence_bert_config.json", "max_seq_length"),
                              read_length(folder / "tokenizer_config.json", "model_max_length")})
    if (length > 0)
      modules.max_length = modules.max_length == 0 ? length : std::min(modules.max_length, length);
  const fs::path sentence = folder / "sentence_bert_config.json";
  if (fs::exists(sentence))
    modules.lower_case = json_get<bool>(read_json(sentence), "do_lower_case", false, sentence);
  const fs::path file = folder / "modules.json";
  if (!fs::exists(file)) return modules;
  for (const Json& module : read_json_array(file)) {
    const auto type = last_component(json_require<std::string>(module, "type", file));
    const auto path = json_get<std::string>(module, "path", "", file);
    if (type == "Pooling")
      modules.pooling = read_pooling(folder / path / "config.json");
    else if (type == "Normalize")
      modules.normalize = true;
    else if (type != "Transformer")
      fail_input(file.string(), ": the module ", type,
                 " is not supported; supported: Transformer, Pooling, Normalize");
  }
  return modules;
}

TextCut read_text_cut(const fs::path& folder) {
  if (is_checkpoint(folder)) {
    const TasksFile tasks = parse_tasks_file(folder);
    return {tasks.max_length, tasks.truncation};
  }
  const auto positions = static_cast<size_t>(read_encoder_config(folder / "config.json").positions);
  const size_t length = read_modules(folder).max_length;
  return {length == 0 ? positions : std::min(length, positions)};
}

void write_modules(const fs::path& folder, const Modules& modules, int64_t dim) {
  OrderedJson list = OrderedJson::array();
  const auto add = [&](const std::string& path, const std::string& type) {
    list.push_back({{"idx", list.size()},
                    {"name", std::to_string(list.size())},
                    {"path", path},
                    {"type", "sentence_transformers.models." + type}});
  };
  add("", "Transformer");
  add("1_Pooling", "Pooling");
  if (modules.normalize) add("2_Normalize", "Normalize");
  write_json(folder / "modules.json", list);
  fs::create_directories(folder / "1_Pooling");
  write_json(folder / "1_Pooling" / "config.json",
             {{"word_embedding_dimension", dim},
              {"pooling_mode_cls_token", modules.pooling == PoolingMode::kCls},
              {"pooling_mode_mean_tokens", modules.pooling == PoolingMode::kMean},
              {"pooling_mode_max_tokens", modules.pooling == PoolingMode::kMax},
              {"pooling_mode_mean_sqrt_len_tokens", false}});
  write_json(folder / "sentence_bert_config.json",
             {{"max_seq_length", modules.max_length}, {"do_lower_case", modules.lower_case}});
  write_json(folder / "config_sentence_transformers.json",
             {{"__version__", {{"mtnlp", MTNLP_VERSION}}}, {"similarity_fn_name", "cosine"}});
}

bool is_checkpoint(const fs::path& folder) {
  return fs::exists(folder / "tasks.json");
}

TasksFile parse_tasks_file(const fs::path& folder) {
  const fs::path file = folder / "tasks.json";
  const Json json = read_json(file);
  const auto version = json_require<int>(json, "format_version", file);
  if (version < 1 || version > TasksFile::kVersion)
    fail_input(file.string(), ": format_version is ", version, "; this mtnlp reads up to ",
               TasksFile::kVersion);
  TasksFile result;
  std::set<std::string> names;
  for (const Json& entry : json_require<Json>(json, "tasks", file)) {
    Task task{json_require<std::string>(entry, "name", file),
              json_require<std::vector<std::string>>(entry, "labels", file)};
    if (task.labels.size() < 2)
      fail_input(file.string(), ": task \"", task.name, "\" has fewer than 2 labels");
    if (!names.insert(task.name).second)
      fail_input(file.string(), ": task \"", task.name, "\" is there twice");
    result.tasks.push_back(std::move(task));
  }
  if (result.tasks.empty()) fail_input(file.string(), ": names no task");
  result.pooling = parse_pooling(json_require<std::string>(json, "pooling", file));
  result.max_length = json_require<size_t>(json, "max_length", file);
  if (result.max_length < 2 || result.max_length > 1'000'000)
    fail_input(file.string(), ": max_length is ", result.max_length, "; valid are 2 and more");
  result.truncation = parse_truncation(json_get<std::string>(json, "truncation", "head", file));
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
    if (const std::string found = file_checksum(path); found != expected)
      fail_input(path.string(), ": the checksum is ", found, ", expected ", expected,
                 "; the file is damaged");
  }
  return result;
}

void write_tasks_file(const fs::path& folder, TasksFile tasks) {
  tasks.checksums.clear();
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      tasks.checksums[fs::relative(entry.path(), folder).generic_string()] = file_checksum(entry.path());
  Json list = Json::array();
  for (const Task& task : tasks.tasks) list.push_back({{"name", task.name}, {"labels", task.labels}});
  Json json = {{"format_version", TasksFile::kVersion},
               {"tasks", list},
               {"pooling", pooling_name(tasks.pooling)},
               {"max_length", tasks.max_length},
               {"truncation", truncation_name(tasks.truncation)},
               {"provenance", tasks.provenance},
               {"checksums", tasks.checksums}};
  json["checksum"] = checksum(json.dump());
  write_file(folder / "tasks.json", json.dump(2) + "\n");
}

}  // namespace mtnlp
