// The header of safetensors: what is accepted covers the buffer exactly, and written again reads back equal.
#include "base/safetensors.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  static const fuzz::TempFolder folder;
  const auto file = folder.write("model.safetensors", {reinterpret_cast<const char*>(data), size});
  fuzz::accepts([&] {
    const SafetensorsFile tensors(file);
    size_t covered = 0;
    std::vector<TensorToWrite> copy;
    for (const auto& [name, view] : tensors.tensors()) {
      size_t elements = 1;
      for (const int64_t length : view.shape) elements *= static_cast<size_t>(length);
      fuzz::require(view.bytes.size() == elements * dtype_size(view.dtype),
                    "a shape is as large as its bytes");
      covered += view.bytes.size();
      copy.push_back({name, view.dtype, view.shape, view.bytes});
    }
    fuzz::require(covered < size, "the tensors lie in the file");
    write_safetensors(folder.path() / "copy", copy, tensors.metadata());
    const SafetensorsFile again(folder.path() / "copy");
    fuzz::require(again.metadata() == tensors.metadata(), "metadata reads back equal");
    for (const auto& [name, view] : again.tensors()) {
      const auto& first = tensors.tensors().at(name);
      fuzz::require(
          view.dtype == first.dtype && view.shape == first.shape &&
              std::equal(view.bytes.begin(), view.bytes.end(), first.bytes.begin(), first.bytes.end()),
          "a tensor reads back equal");
    }
  });
  return 0;
}
