// The safetensors files that hold an encoder's weights: one, or several beside an index. Torch-free.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/safetensors.h"

namespace mtnlp {

inline constexpr const char* kWeightsFile = "model.safetensors";
/// {"weight_map": {tensor: file}}, in place of kWeightsFile where the weights lie in several files.
inline constexpr const char* kWeightsIndex = "model.safetensors.index.json";
/// Weights in 8 bits, in place of model.safetensors: no other library reads the file, and none shall try. An
/// encoder loaded from it is in Precision::kInt8.
inline constexpr const char* kInt8WeightsFile = "model.int8.safetensors";

/// Returns which of the three `folder` (of the encoder's own files) has; kWeightsFile when it has none.
fs::path weights_file(const fs::path& folder);

/// Returns the names, relative to `folder`, of all files that hold its weights, the index before its parts;
/// empty when there are none. Throws Error for a malformed index.
std::vector<std::string> weights_names(const fs::path& folder);

/// Returns what `folder` has in place of weights that can be read, and what to do: "pytorch_model.bin is
/// ...".
std::string absent_weights(const fs::path& folder);

/// The weights of a folder, open.
class Weights {
 public:
  /// Opens `file`, one of weights_file. Throws Error naming the file and tensor: no weights, a placeholder, a
  /// part that is missing, outside of the folder or cut off, a tensor in two parts or in none.
  explicit Weights(const fs::path& file);

  const fs::path& path() const { return path_; }
  const std::deque<SafetensorsFile>& files() const { return files_; }
  bool contains(const std::string& tensor) const { return place_.contains(tensor); }
  /// Returns the file that holds `tensor`, any when none does.
  const SafetensorsFile& file_of(const std::string& tensor) const;

 private:
  void add_file(const fs::path& file);

  fs::path path_;
  std::deque<SafetensorsFile> files_;
  std::map<std::string, size_t> place_;  ///< tensor → index into files_
};

}  // namespace mtnlp
