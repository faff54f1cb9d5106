// tokenizer.json: refused, or a tokenizer that keeps its promises.
#include "tokenizer_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  static const fuzz::TempFolder folder;
  folder.write("tokenizer.json", {reinterpret_cast<const char*>(data), size});
  fuzz::accepts([&] { fuzz::check_texts(*load_tokenizer(folder.path())); });
  return 0;
}
