#include "engine/quantize_folder.h"

#include "base/error.h"
#include "base/signals.h"
#include "base/threads.h"
#include "engine/engine.h"
#include "mtnlp/version.h"

namespace mtnlp {
namespace {

/// Copies all files of the model but the weights, to the same places.
void copy_files(const fs::path& from, const fs::path& to, const Modules& modules) {
  const fs::path own = from / modules.transformer;
  fs::create_directories(to / modules.transformer);
  for (const std::string& name : settings_files(own)) copy_entry(own, to / modules.transformer, name);
  std::vector<std::string> others = shared_files(from);
  others.insert(others.end(), modules.folders.begin(), modules.folders.end());
  for (const std::string& name : others) {
    fs::create_directories((to / name).parent_path());
    copy_entry(from, to, name);
  }
}

/// Throws Error when the weights overflow, which shows on any text: three tokens are enough.
void require_finite_states(const fs::path& folder, const ModelSettings& settings,
                           const EncoderWeights& weights) {
  const std::vector<int32_t> ids = {0, 0, 0};
  const std::vector<TokenIds> texts = {ids};
  const Engine engine(settings, source_of(weights), {}, Precision::kFp32, available_cpus());
  if (!all_finite(engine.hidden_states(texts)))
    fail_input(folder.string(), ": its weights overflow: the embeddings are not finite");
}

std::string model_card() {
  return str("# A model in 8 bits, made by mtnlp ", kVersion, "\n\n",
             "For `mtnlp predict`, `embed` and `eval`; Python's libraries do not read ", kInt8WeightsFile,
             ".\nThe licence of the weights that it was made from applies.\n");
}

}  // namespace

void quantize_folder(const fs::path& model, const fs::path& out) {
  require_absent(out);
  std::optional<TasksFile> tasks;
  if (is_checkpoint(model)) tasks = read_tasks_file(model);
  require_encoder_folder(model);
  ModelSettings settings;
  settings.modules = read_modules(model);
  const fs::path own = model / settings.modules.transformer;
  settings.config = read_encoder_config(own / "config.json");
  const EncoderWeights weights(own, settings.config);
  if (weights.int8()) fail_input(model.string(), ": is in 8 bits already");
  if (!tokenizer_files(own).empty()) load_model_tokenizer(model);
  require_finite_states(model, settings, weights);
  write_folder_atomic(out, [&](const fs::path& folder) {
    copy_files(model, folder, settings.modules);
    throw_if_stopped();
    write_file(folder / "README.md", model_card());
    write_encoder(folder / settings.modules.transformer / kInt8WeightsFile, settings.config,
                  source_of(weights), {.int8 = true});
    throw_if_stopped();
    if (tasks) write_tasks_file(folder, *tasks);
  });
}

}  // namespace mtnlp
