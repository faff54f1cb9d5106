#include "network/checkpoint.h"

#include "base/placeholder.h"
#include "base/safetensors.h"
#include "base/suggest.h"
#include "mtnlp/version.h"
#include "network/pretrained.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

std::string model_card(const Model& model) {
  std::string text = "---\nlibrary_name: sentence-transformers\ntags: [sentence-transformers, mtnlp]\n---\n";
  text += "# A multi-task sentence transformer trained by mtnlp " + std::string(kVersion) + "\n\n";
  for (const Task& task : model.tasks) text += "- task `" + task.name + "`: " + join(task.labels) + "\n";
  if (const std::string& prompt = model.prompts.default_text(); !prompt.empty())
    text += "\nBefore every text: `" + prompt + "`\n";
  text += str("\nPooling: ", pooling_name(model.pooling), ". Longest text: ", model.max_length, " tokens (",
              truncation_name(model.truncation), " kept).\n");
  if (const auto encoder = model.provenance.find("encoder"); encoder != model.provenance.end())
    text += "Grown from the encoder `" + encoder->second + "`; its licence applies to these weights.\n";
  if (const auto epoch = model.provenance.find("epoch"); epoch != model.provenance.end())
    text += "After epoch " + epoch->second + ".\n";
  text += "\nUse: `mtnlp predict FOLDER`, or `SentenceTransformer(FOLDER)` in Python for the embeddings.\n";
  return text;
}

/// config.json with the class names that AutoModel looks for.
Json encoder_config_json(const EncoderConfig& config) {
  Json json = config.source;
  json["architectures"] = {config.architecture == Architecture::kDistilBert ? "DistilBertModel"
                           : config.architecture == Architecture::kBert     ? "BertModel"
                                                                            : "XLMRobertaModel"};
  json.erase("torch_dtype");
  json["dtype"] = "float32";
  return json;
}

/// Lets Python's tokenizer keep the end of a text that the model keeps, as far as it can.
void write_truncation_side(const fs::path& folder, const Model& model) {
  const Truncation usual = model.tokenizer ? model.tokenizer->truncation() : Truncation::kHead;
  if (model.truncation == usual || model.truncation == Truncation::kHeadTail) return;
  const fs::path file = folder / "tokenizer_config.json";
  Json json = is_there(file) ? read_json(file) : Json::object();
  json["truncation_side"] = model.truncation == Truncation::kTail ? "left" : "right";
  write_file(file, json.dump(2) + "\n");
}

/// A file that would shape the predictions must be one of those that were saved: nothing slips in, nothing is
/// missing.
void require_listed(const fs::path& folder, const TasksFile& tasks) {
  std::vector<std::string> names = {"config.json", kHeadsFile};
  for (const auto& list : {weights_names(folder), settings_files(folder), shared_files(folder)})
    names.insert(names.end(), list.begin(), list.end());
  for (const std::string& name : names)
    if (!tasks.checksums.contains(name))
      fail_input((folder / name).string(), ": is no part of this checkpoint (tasks.json does not list it)");
}

}  // namespace

void save_checkpoint(const fs::path& folder, const Model& model,
                     const std::function<void(const fs::path&)>& also) {
  const EncoderConfig& config = model.encoder->config();
  Modules modules = read_modules(model.encoder_folder);
  const fs::path own = fs::path(model.encoder_folder) / modules.transformer;
  for (const std::string& name : tokenizer_files(own)) copy_entry(own, folder, name);
  write_truncation_side(folder, model);
  modules.prompts = model.prompts;
  modules.pooling = model.pooling;
  modules.normalize = false;  // the heads stand on embeddings as pooled
  modules.max_length = model.max_length;
  write_modules(folder, modules, config.dim);
  write_file(folder / "config.json", encoder_config_json(config).dump(2) + "\n");
  write_file(folder / "README.md", model_card(model));
  save_tensors(folder / "model.safetensors", encoder_file_tensors(*model.encoder));
  std::vector<std::pair<std::string, torch::Tensor>> heads;
  for (size_t t = 0; t < model.tasks.size(); ++t) {
    heads.emplace_back(model.tasks[t].name + ".weight", model.heads[t].weight);
    heads.emplace_back(model.tasks[t].name + ".bias", model.heads[t].bias);
  }
  save_tensors(folder / kHeadsFile, heads);
  if (also) also(folder);
  TasksFile tasks;
  tasks.tasks = model.tasks;
  tasks.pooling = model.pooling;
  tasks.max_length = model.max_length;
  tasks.truncation = model.truncation;
  tasks.prompt = model.prompts.default_text();
  tasks.text = model.text;
  tasks.provenance = model.provenance;
  write_tasks_file(folder, std::move(tasks));
}

Model load_checkpoint(const fs::path& folder, const PromptChoice& prompt) {
  if (!is_checkpoint(folder)) {
    refuse_cache_folder(folder);
    fail_input(folder.string(), ": is no checkpoint (it has no tasks.json)",
               fs::exists(folder / "config.json")
                   ? "; it is an encoder, which mtnlp train makes a checkpoint from"
                   : "");
  }
  TasksFile tasks = read_tasks_file(folder);
  require_listed(folder, tasks);
  Model model;
  Pretrained pretrained = load_pretrained(folder);
  model.encoder = pretrained.encoder;
  model.pooling = tasks.pooling;
  model.tasks = std::move(tasks.tasks);
  model.max_length = tasks.max_length;
  model.truncation = tasks.truncation;
  model.provenance = std::move(tasks.provenance);
  model.text = std::move(tasks.text);
  model.use_tokenizer(folder, choose_prompt(read_prompts(folder), prompt, folder),
                      pretrained.modules.include_prompt);
  check_max_length(model.max_length, model.encoder->config(),
                   (folder / "tasks.json").string() + ": max_length");
  const SafetensorsFile file(folder / kHeadsFile);
  const int64_t dim = model.encoder->config().dim;
  for (const Task& task : model.tasks) {
    const auto classes = static_cast<int64_t>(task.labels.size());
    model.heads.push_back({torch::empty({classes, dim}), torch::empty(classes)});
    read_tensor(file, task.name + ".weight", model.heads.back().weight);
    read_tensor(file, task.name + ".bias", model.heads.back().bias);
  }
  return model;
}

EmbeddingModel load_embedding_model(const fs::path& folder, const PromptChoice& prompt) {
  if (is_checkpoint(folder)) return {load_checkpoint(folder, prompt), false};
  EmbeddingModel result;
  Pretrained pretrained = load_pretrained(folder);
  Model& model = result.model;
  model.encoder = pretrained.encoder;
  model.pooling = pretrained.modules.pooling;
  model.use_tokenizer(folder, choose_prompt(pretrained.modules.prompts, prompt, folder),
                      pretrained.modules.include_prompt);
  const TextCut cut = read_text_cut(folder, model.tokenizer->truncation());
  model.max_length = cut.max_length;
  model.truncation = cut.truncation;
  result.normalize = pretrained.modules.normalize;
  return result;
}

}  // namespace mtnlp
