#include "hub/encoder_folder.h"

#include "base/error.h"
#include "hub/model_folder.h"

namespace mtnlp {

EncoderFolder read_encoder_folder(const fs::path& folder) {
  if (is_checkpoint(folder))
    fail_input(folder.string(), ": is a checkpoint, whose heads would no longer fit; name an encoder folder");
  require_encoder_folder(folder);
  const Modules modules = read_modules(folder);
  EncoderFolder read{modules.transformer};
  std::vector<std::string> names = modules.folders;
  for (const std::string& name : shared_files(folder)) names.push_back(name);
  for (std::string& name : settings_files(folder / modules.transformer))
    if (name != "config.json") names.push_back((modules.transformer / name).generic_string());
  read.files = read_entries(folder, names);
  return read;
}

void write_encoder_folder(const fs::path& to, const EncoderFolder& folder, const EncoderConfig& config,
                          const std::string& class_name, const std::string& card,
                          const std::function<void(const fs::path& own)>& write_weights) {
  write_entries(to, folder.files);
  const fs::path own = to / folder.transformer;
  fs::create_directories(own);
  write_file(own / "config.json", config_json(config, class_name).dump(2) + "\n");
  write_file(to / "README.md", card);
  write_weights(own);
}

}  // namespace mtnlp
