// Reading and writing the settings of a model folder. Invariants: all files of a checkpoint are verified by
// the checksums in tasks.json before any other is read, and a file that would shape its predictions must be
// listed there; what a checkpoint is written from was read at the start, never again from the encoder's
// folder.
#include "hub/model_settings.h"

#include <algorithm>

#include "base/field.h"
#include "base/log.h"
#include "base/placeholder.h"
#include "base/words.h"
#include "hub/encoder_tensors.h"
#include "hub/model_card.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// Reads what encoder folders and checkpoints have in common.
ModelSettings read_settings(const fs::path& folder, const PromptChoice& prompt) {
  require_encoder_folder(folder);
  ModelSettings settings;
  settings.modules = read_modules(folder);
  const fs::path own = folder / settings.modules.transformer;
  settings.config = read_encoder_config(own / "config.json");
  if (!fs::exists(folder / "modules.json") && fs::exists(folder / "1_Pooling"))
    log_warning(
        str(folder.string(), ": has no modules.json, so its 1_Pooling does not count; pooling is mean"));
  settings.modules.prompts = choose_prompt(read_prompts(folder), prompt, folder);
  const std::string& text = settings.modules.prompts.default_text();
  settings.tokenizer = load_model_tokenizer(folder, text);
  if (!text.empty() && !settings.modules.include_prompt)
    settings.unpooled =
        settings.tokenizer->prompt_pieces() + (settings.tokenizer->first_id() != Tokenizer::kNoId);
  return settings;
}

/// Throws Error unless every file that would shape the predictions is one of those that were saved: nothing
/// slips in, nothing is missing.
void require_listed(const fs::path& folder, const TasksFile& tasks) {
  std::vector<std::string> names = {"config.json", kHeadsFile};
  for (const auto& list : {weights_names(folder), settings_files(folder), shared_files(folder)})
    names.insert(names.end(), list.begin(), list.end());
  for (const std::string& name : names)
    if (!tasks.checksums.contains(name))
      fail_input((folder / name).string(),
                 ": is not a part of this checkpoint (tasks.json does not list it)");
}

/// Lets Python's tokenizer keep the end of a text that the model keeps, as far as it can.
void write_truncation_side(const fs::path& folder, const ModelSettings& settings) {
  const Truncation usual = settings.tokenizer ? settings.tokenizer->truncation() : Truncation::kHead;
  if (settings.cut.truncation == usual || settings.cut.truncation == Truncation::kHeadTail) return;
  const fs::path file = folder / "tokenizer_config.json";
  Json json = is_there(file) ? read_json(file) : Json::object();
  json["truncation_side"] = settings.cut.truncation == Truncation::kTail ? "left" : "right";
  write_file(file, json.dump(2) + "\n");
}

}  // namespace

void keep_tokenizer_files(const fs::path& folder, ModelSettings& settings) {
  const fs::path own = folder / settings.modules.transformer;
  settings.tokenizer_files =
      std::make_shared<std::map<std::string, std::string>>(read_entries(own, tokenizer_files(own)));
}

ModelSettings read_encoder_settings(const fs::path& folder, const PromptChoice& prompt) {
  ModelSettings settings = read_settings(folder, prompt);
  settings.cut = read_text_cut(folder, settings.tokenizer->truncation());
  return settings;
}

ModelSettings read_checkpoint_settings(const fs::path& folder, const PromptChoice& prompt) {
  if (!is_checkpoint(folder)) {
    refuse_cache_folder(folder);
    fail_input(folder.string(), ": is not a checkpoint: tasks.json is missing",
               fs::exists(folder / "config.json")
                   ? "; it is an encoder, from which mtnlp train makes a checkpoint"
                   : "");
  }
  TasksFile tasks = read_tasks_file(folder);
  require_listed(folder, tasks);
  ModelSettings settings = read_settings(folder, prompt);
  settings.modules.pooling = tasks.pooling;
  settings.modules.normalize = false;  // the heads stand on embeddings as pooled
  settings.tasks = std::move(tasks.tasks);
  settings.cut = tasks.cut;
  settings.provenance = std::move(tasks.provenance);
  settings.text = std::move(tasks.text);
  settings.config.pairs = settings.text.is_pair();
  check_max_length(settings.cut.max_length, settings.config,
                   (folder / "tasks.json").string() + ": max_length");
  return settings;
}

std::vector<HeadWeights> read_heads(const fs::path& folder, const ModelSettings& settings) {
  const SafetensorsFile file(folder / kHeadsFile);
  std::vector<HeadWeights> heads;
  for (const Task& task : settings.tasks) {
    const auto outputs = static_cast<int64_t>(outputs_of(task)), dim = settings.config.dim;
    HeadWeights& head = heads.emplace_back();
    head.weight.resize(static_cast<size_t>(outputs * dim));
    head.bias.resize(static_cast<size_t>(outputs));
    read_floats(file, task.name + ".weight", {outputs, dim}, head.weight);
    read_floats(file, task.name + ".bias", {outputs}, head.bias);
  }
  return heads;
}

PoolingWeights read_pooling_weights(const fs::path& folder, const ModelSettings& settings) {
  PoolingWeights weights;
  const std::vector<PoolingTensor> tensors = pooling_tensors(settings.modules.pooling, settings.config.dim);
  if (tensors.empty()) return weights;
  if (!is_there(folder / kPoolingFile))
    fail_input((folder / kPoolingFile).string(), ": no such file; ", pooling_name(settings.modules.pooling),
               " pooling has weights, which training gives it");
  const SafetensorsFile file(folder / kPoolingFile);
  for (const auto& [name, shape] : tensors)
    read_floats(file, name, shape, weights.emplace_back(element_count(shape)));
  return weights;
}

void write_checkpoint(const fs::path& folder, const ModelSettings& settings,
                      const std::function<void()>& write_weights) {
  write_entries(folder, *settings.tokenizer_files);
  write_truncation_side(folder, settings);
  Modules modules = settings.modules;
  modules.normalize = false;  // the heads stand on embeddings as pooled
  modules.max_length = settings.cut.max_length;
  write_modules(folder, modules, settings.config.dim);
  write_file(folder / "config.json",
             config_json(settings.config, settings.config.architecture->class_name).dump(2) + "\n");
  write_file(folder / "README.md", model_card(settings));
  write_weights();
  TasksFile tasks;
  tasks.tasks = settings.tasks;
  tasks.pooling = settings.modules.pooling;
  tasks.cut = settings.cut;
  tasks.prompt = settings.modules.prompts.default_text();
  tasks.text = settings.text;
  tasks.provenance = settings.provenance;
  write_tasks_file(folder, std::move(tasks));
}

void check_max_length(size_t max_length, const EncoderConfig& config, const std::string& where) {
  if (max_length < 2 || max_length > static_cast<size_t>(config.positions))
    fail_input(where, " is ", max_length, "; valid for this encoder are 2 to ", config.positions);
}

void check_cut(const TextCut& cut, const EncoderConfig& config, const Tokenizer& tokenizer, bool pairs) {
  check_max_length(cut.max_length, config, field("max_length"));
  if (!cut.has_windows()) return;
  if (pairs) fail_input(field("window"), " is for single texts, and not valid with ", field("pair_column"));
  tokenizer.encode("", cut);
}

}  // namespace mtnlp
