#include "hub/weights.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "base/placeholder.h"

namespace mtnlp {
namespace {

/// Reads the file name of each tensor, as the index has it, checked to lie in the folder.
std::map<std::string, std::string> read_index(const fs::path& file) {
  refuse_placeholder(file);
  const auto map = json_require<Json>(read_json(file), "weight_map", file);
  if (!map.is_object() || map.empty()) fail_input(file.string(), ": \"weight_map\" names no tensors");
  std::map<std::string, std::string> result;
  for (const auto& [tensor, json] : map.items()) {
    const auto name = json_get<std::string>(map, tensor, "", file);
    const fs::path path(name);
    if (name.empty() || path.is_absolute() || std::ranges::find(path, "..") != path.end())
      fail_input(file.string(), ": tensor ", in_quotes(tensor), " lies in ", in_quotes(name),
                 ", which is not a file of the folder");
    result[tensor] = name;
  }
  return result;
}

std::vector<std::string> parts_of(const std::map<std::string, std::string>& index) {
  std::set<std::string> parts;
  for (const auto& [tensor, part] : index) parts.insert(part);
  return {parts.begin(), parts.end()};
}

}  // namespace

fs::path weights_file(const fs::path& folder) {
  for (const char* name : {kWeightsFile, kWeightsIndex, kInt8WeightsFile})
    if (is_there(folder / name)) return folder / name;
  return folder / kWeightsFile;
}

std::vector<std::string> weights_names(const fs::path& folder) {
  const fs::path file = weights_file(folder);
  if (!is_there(file)) return {};
  std::vector<std::string> names = {file.filename().string()};
  if (names[0] == kWeightsIndex)
    for (const std::string& part : parts_of(read_index(file))) names.push_back(part);
  return names;
}

std::string absent_weights(const fs::path& folder) {
  constexpr std::array<std::pair<const char*, const char*>, 12> kOthers = {
      {{"pytorch_model.bin", "PyTorch's pickle"},
       {"pytorch_model.bin.index.json", "PyTorch's pickle in parts"},
       {"tf_model.h5", "TensorFlow's"},
       {"tf_model.h5.index.json", "TensorFlow's in parts"},
       {"flax_model.msgpack", "Flax's"},
       {"flax_model.msgpack.index.json", "Flax's in parts"},
       {"model.ckpt.index", "a TensorFlow checkpoint"},
       {"rust_model.ot", "Rust's"},
       {"adapter_model.safetensors", "an adapter without its base model"},
       {"adapter_model.bin", "an adapter without its base model"},
       {"model.onnx", "an ONNX graph"},
       {"openvino_model.xml", "an OpenVINO graph"}}};
  for (const auto& [name, kind] : kOthers)
    for (const char* place : {"", "onnx", "openvino"})
      if (const fs::path other = fs::path(place) / name; is_there(folder / other))
        return str("has ", other.string(), " (", kind,
                   ") but no model.safetensors; convert it with save_pretrained of transformers, or take a "
                   "repository that has model.safetensors");
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool part = name.starts_with("model-") && name.ends_with(".safetensors");
    if (part || name.ends_with(".gguf") || name.ends_with(".incomplete"))
      return str("has ", name, " but no model.safetensors",
                 part ? ", nor the model.safetensors.index.json that joins its parts" : "",
                 "; download the model again");
  }
  return str(
      "has no model.safetensors; ./run fetch brings encoders with weights, and training can start without "
      "by ",
      field("random_weights"));
}

Weights::Weights(const fs::path& file) : path_(file) {
  if (!is_there(file)) fail_input(file.parent_path().string(), ": ", absent_weights(file.parent_path()));
  if (file.filename() != kWeightsIndex) {
    add_file(file);
    return;
  }
  const std::map<std::string, std::string> index = read_index(file);
  for (const std::string& part : parts_of(index)) add_file(file.parent_path() / part);
  for (const auto& [tensor, part] : index) {
    const auto found = place_.find(tensor);
    if (found == place_.end() || files_[found->second].path() != file.parent_path() / part)
      fail_input((file.parent_path() / part).string(), ": tensor ", in_quotes(tensor), " is missing, which ",
                 kWeightsIndex, " says is there");
  }
}

void Weights::add_file(const fs::path& file) {
  refuse_placeholder(file);
  if (!fs::exists(file))
    fail_input(file.string(), ": is missing, a part of the weights that ", kWeightsIndex,
               " names; download the model again");
  try {
    files_.emplace_back(file);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInput) throw;
    fail_input(error.whole(), "; if it was downloaded, download it again");
  }
  log_debug(
      str(file.string(), ": ", fs::file_size(file), " bytes, ", files_.back().tensors().size(), " tensors"));
  for (const auto& [tensor, view] : files_.back().tensors()) {
    const auto [entry, is_new] = place_.try_emplace(tensor, files_.size() - 1);
    if (!is_new)
      fail_input(file.string(), ": tensor ", in_quotes(tensor), " is in ",
                 files_[entry->second].path().filename().string(), ", too");
  }
}

const SafetensorsFile& Weights::file_of(const std::string& tensor) const {
  const auto found = place_.find(tensor);
  return files_[found == place_.end() ? 0 : found->second];
}

}  // namespace mtnlp
