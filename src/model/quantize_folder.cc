#include "mtnlp/model/quantize_folder.h"

#include "mtnlp/base/error.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/model/model_folder.h"
#include "mtnlp/model/pretrained.h"

namespace mtnlp {
namespace {

void copy_files(const fs::path& from, const fs::path& to) {
  std::vector<std::string> names = tokenizer_files(from);
  for (const char* name : {"config.json", "modules.json", "1_Pooling", "2_Normalize",
                           "sentence_bert_config.json", "config_sentence_transformers.json", kHeadsFile})
    if (fs::exists(from / name)) names.emplace_back(name);
  for (const std::string& name : names) copy_entry(from, to, name);
}

std::string model_card() {
  return str("# A model in 8 bits, made by mtnlp " MTNLP_VERSION "\n\n",
             "For `mtnlp predict`, `embed` and `eval`; Python's libraries do not read ", kInt8WeightsFile,
             ".\nThe licence of the weights that it was made from applies.\n");
}

}  // namespace

void quantize_folder(const fs::path& model, const fs::path& out) {
  if (fs::exists(out)) fail_input(out.string(), ": is there already; name a folder that is not");
  std::optional<TasksFile> tasks;
  if (is_checkpoint(model)) tasks = read_tasks_file(model);
  const Pretrained pretrained = load_pretrained(model);
  if (pretrained.encoder->precision() == Precision::kInt8)
    fail_input(model.string(), ": is in 8 bits already");
  write_folder_atomic(out, [&](const fs::path& folder) {
    copy_files(model, folder);
    throw_if_stopped();
    write_file(folder / "README.md", model_card());
    save_tensors(folder / kInt8WeightsFile, int8_file_tensors(*pretrained.encoder));
    throw_if_stopped();
    if (tasks) write_tasks_file(folder, *tasks);
  });
}

}  // namespace mtnlp
