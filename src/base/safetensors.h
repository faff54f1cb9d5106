// The safetensors format (https://github.com/huggingface/safetensors), validated in full before use:
//   u64 little-endian header size | JSON header | one contiguous buffer
// Header <= 32 MiB and <= the file, no duplicate keys, at most 100,000 tensors of 16 dimensions, shape x
// dtype = end - begin without overflow, ranges sorted, contiguous and covering the buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtnlp {

/// One tensor of an open file. `bytes` points into the map and lives as long as its SafetensorsFile.
struct TensorView {
  std::string dtype;           ///< "F32", "F16", "BF16", "I64", "U8", ...
  std::vector<int64_t> shape;  ///< sizes, outermost first; empty for a scalar
  std::span<const std::byte> bytes;
};

class SafetensorsFile {
 public:
  /// Maps and validates `file`; throws Error that names the file and the tensor.
  explicit SafetensorsFile(const fs::path& file);

  const fs::path& path() const { return map_.path(); }
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  MappedFile map_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// A tensor to be written; `bytes` is borrowed until write_safetensors returns.
struct TensorToWrite {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes `tensors` in the order given (the buffer 64-byte aligned); throws Error of kSystem. Not atomic by
/// itself: write into a folder of write_folder_atomic.
void write_safetensors(const fs::path& file, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

/// Returns "[2, 3]".
std::string shape_text(const std::vector<int64_t>& shape);

/// Returns the bytes of one element ("F32" is 4), 0 for an unknown dtype.
size_t dtype_size(const std::string& dtype);

}  // namespace mtnlp
