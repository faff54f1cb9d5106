#include "hub/architecture.h"

#include "base/words.h"
#include "hub/architectures/all.h"

namespace mtnlp {

const std::vector<const Architecture*>& architectures() {
  static const std::vector<const Architecture*> all = {&kDistilBert, &kBert, &kXlmRoberta};
  return all;
}

const Architecture& find_architecture(const std::string& model_type, const fs::path& file) {
  std::vector<std::string> names;
  for (const Architecture* architecture : architectures()) {
    if (architecture->model_type == model_type) return *architecture;
    names.emplace_back(architecture->model_type);
  }
  fail_input(file.string(), ": model_type \"", model_type, "\" is not supported; supported: ", join(names));
}

}  // namespace mtnlp
