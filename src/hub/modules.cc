// Modules other than Transformer, Pooling and Normalize are refused by name: to leave one out would give
// other embeddings without a word.
#include "hub/modules.h"

#include <algorithm>
#include <utility>

#include "base/field.h"
#include "base/placeholder.h"
#include "base/words.h"
#include "mtnlp/version.h"
#include "run/find_encoder.h"
#include "text/sentence_config.h"

namespace mtnlp {
namespace {

/// What sentence-transformers has, in the order of PoolingMode::Kind; kinds behind them are ours alone.
const std::vector<std::string> kPoolingNames = {"mean", "cls", "max"};
constexpr const char* kPromptsFile = "config_sentence_transformers.json";

/// Returns "Pooling" for `sentence_transformers.models.Pooling` and its later spellings.
std::string last_component(const std::string& type) {
  return type.substr(type.rfind('.') + 1);
}

PoolingMode read_pooling_mode(const Json& json, const fs::path& file) {
  if (auto found = json.find("pooling_mode"); found != json.end()) {
    const Json mode = found->is_array() && found->size() == 1 ? found->front() : *found;
    if (mode.is_array())
      fail_input(file.string(), ": several poolings at once are not supported: ", mode.dump().substr(0, 100));
    return parse_name<PoolingMode::Kind>(
        file.string() + ": pooling_mode",
        json_get<std::string>({{"pooling_mode", mode}}, "pooling_mode", "", file), kPoolingNames);
  }
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

void read_pooling(const fs::path& file, Modules& modules) {
  refuse_placeholder(file);
  const Json json = read_json(file);
  modules.pooling = read_pooling_mode(json, file);
  modules.include_prompt = json_get<bool>(json, "include_prompt", true, file);
}

/// Reads modules.json, the one file here that holds an array.
Json read_array(const fs::path& file) {
  refuse_placeholder(file);
  return read_json_array(file);
}

/// Returns the folder of a module, as it is written in modules.json.
std::string read_path(const Json& module, const fs::path& file) {
  auto path = json_get<std::string>(module, "path", "", file);
  const fs::path relative(path);
  if (relative.is_absolute() || std::ranges::find(relative, "..") != relative.end())
    fail_input(file.string(), ": the path ", in_quotes(path), " leaves the folder");
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? "" : path;
}

Prompts read_prompts_file(const fs::path& file) {
  Prompts prompts;
  if (!is_there(file)) return prompts;
  refuse_placeholder(file);
  const Json json = read_json(file);
  const Json texts = json_get<Json>(json, "prompts", Json::object(), file);
  if (!texts.is_object()) fail_input(file.string(), ": \"prompts\" is not an object of names and texts");
  for (const auto& [name, text] : texts.items())
    prompts.texts[name] = json_get<std::string>(texts, name, "", file);
  prompts.default_name = json_get<std::string>(json, "default_prompt_name", "", file);
  const bool usual = prompts.default_name == "query" || prompts.default_name == "document";
  if (!prompts.default_name.empty() && !usual && !prompts.texts.contains(prompts.default_name))
    fail_input(file.string(), ": \"default_prompt_name\" is ", in_quotes(prompts.default_name),
               ", which is not one of its prompts");
  return prompts;
}

/// Returns what to name instead of `root`, the root of a model in the hub's cache.
std::string advice_for_root(const fs::path& root) {
  std::error_code error;
  fs::path snapshot;
  if (const fs::path main = root / "refs" / "main"; fs::is_regular_file(main, error)) {
    std::string revision = read_file(main);
    revision.erase(std::min(revision.find_first_of("\r\n "), revision.size()));
    snapshot = root / "snapshots" / revision;
  }
  if (snapshot.filename().empty() || !fs::is_directory(snapshot, error)) {
    snapshot.clear();
    for (const auto& entry : fs::directory_iterator(root / "snapshots", error)) snapshot = entry.path();
  }
  return snapshot.empty() ? "its snapshots are gone, download it again"
                          : "name its snapshot: " + snapshot.string();
}

/// Returns the models of a folder that is the hub's cache itself.
std::vector<std::string> cached_models(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (std::string name = entry.path().filename().string(); name.starts_with(kCachedModel))
      names.push_back(std::move(name));
  std::ranges::sort(names);
  return names;
}

void write_json(const fs::path& file, const OrderedJson& json) {
  write_file(file, json.dump(2) + "\n");
}

}  // namespace

bool sentence_transformers_has(PoolingMode mode) {
  return static_cast<size_t>(mode.kind) < kPoolingNames.size();
}

const std::string& Prompts::default_text() const {
  static const std::string nothing;
  const auto found = texts.find(default_name);
  return found == texts.end() ? nothing : found->second;
}

void refuse_cache_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / "config.json", error)) return;
  if (fs::is_directory(folder / "snapshots", error))
    fail_input(folder.string(), ": is the root of a model in the hub's cache; ", advice_for_root(folder));
  const fs::path whole = (fs::absolute(folder) / "").lexically_normal().parent_path();
  const fs::path root = whole.parent_path();
  for (const char* part : {"snapshots", "blobs", "refs"})
    if (whole.filename() == part && root.filename().string().starts_with(kCachedModel))
      fail_input(folder.string(), ": is a part of a model in the hub's cache; ", advice_for_root(root));
  std::vector<std::string> models = cached_models(folder);
  if (models.empty()) return;
  const size_t count = models.size();
  if (count > 3) models.resize(3);
  fail_input(folder.string(), ": is the hub's cache, which holds ", join(models), count > 3 ? ", ..." : "",
             "; ", count > 1 ? "of the one you mean, " : "", advice_for_root(folder / models[0]));
}

Modules read_modules(const fs::path& folder) {
  refuse_cache_folder(folder);
  Modules modules;
  modules.prompts = read_prompts_file(folder / kPromptsFile);
  const fs::path file = folder / "modules.json";
  bool transformer = !is_there(file), pooling = transformer;
  for (const Json& module : is_there(file) ? read_array(file) : Json::array()) {
    const auto type = last_component(json_require<std::string>(module, "type", file));
    const std::string path = read_path(module, file);
    if (type == "Transformer") {
      if (std::exchange(transformer, true)) fail_input(file.string(), ": names two Transformers");
      modules.transformer = path;
      continue;
    }
    if (type == "Pooling") {
      if (std::exchange(pooling, true)) fail_input(file.string(), ": names two Poolings");
      read_pooling(folder / path / "config.json", modules);
    } else if (type == "Normalize") {
      modules.normalize = true;
    } else {
      fail_input(file.string(), ": the module ", type,
                 " is not supported; supported: Transformer, Pooling, Normalize");
    }
    if (!path.empty() && fs::is_directory(folder / path)) modules.folders.push_back(path);
  }
  if (!transformer || !pooling)
    fail_input(file.string(), ": names no ", transformer ? "Pooling" : "Transformer");
  const SentenceConfig sentence = read_sentence_config(folder / modules.transformer);
  modules.lower_case = sentence.lower_case;
  modules.max_length = sentence.max_length;
  return modules;
}

fs::path transformer_folder(const fs::path& folder) {
  refuse_cache_folder(folder);
  const fs::path file = folder / "modules.json";
  if (is_there(file))
    for (const Json& module : read_array(file))
      if (last_component(json_require<std::string>(module, "type", file)) == "Transformer")
        if (const std::string path = read_path(module, file); !path.empty()) return folder / path;
  return folder;
}

namespace {

void write_pooling(const fs::path& folder, const Modules& modules, int64_t dim) {
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
              {"pooling_mode_mean_sqrt_len_tokens", false},
              {"include_prompt", modules.include_prompt}});
}

}  // namespace

void write_modules(const fs::path& folder, const Modules& modules, int64_t dim) {
  if (sentence_transformers_has(modules.pooling)) write_pooling(folder, modules, dim);
  write_json(folder / sentence_config_names().front(),
             {{"max_seq_length", modules.max_length}, {"do_lower_case", modules.lower_case}});
  OrderedJson config = {{"__version__", {{"mtnlp", kVersion}}}, {"similarity_fn_name", "cosine"}};
  const Prompts& prompts = modules.prompts;
  if (!prompts.texts.empty()) config["prompts"] = prompts.texts;
  if (!prompts.default_name.empty()) config["default_prompt_name"] = prompts.default_name;
  write_json(folder / kPromptsFile, config);
}

namespace {

/// Returns the name of a prompt given as text, which takes none from another: "prompt", "prompt-2", ...
std::string name_for(const std::string& text, const Prompts& prompts) {
  std::string name = "prompt";
  for (int i = 2; prompts.texts.contains(name) && prompts.texts.at(name) != text; ++i)
    name = str("prompt-", i);
  return name;
}

}  // namespace

Prompts choose_prompt(Prompts prompts, const PromptChoice& choice, const fs::path& folder) {
  if (choice.none) prompts.default_name.clear();
  if (!choice.text.empty()) {
    prompts.default_name = name_for(choice.text, prompts);
    prompts.texts[prompts.default_name] = choice.text;
  }
  if (choice.name.empty()) return prompts;
  if (!prompts.texts.contains(choice.name)) {
    std::vector<std::string> names;
    for (const auto& [name, text] : prompts.texts) names.push_back(name);
    fail_input(folder.string(), ": has no prompt ", in_quotes(choice.name), "; ",
               names.empty() ? "it has none; give the text itself with " + field("prompt_text")
                             : "it has: " + join(names) + did_you_mean(choice.name, names));
  }
  prompts.default_name = choice.name;
  return prompts;
}

}  // namespace mtnlp
