#include "hub/pooling.h"

#include "base/words.h"

namespace mtnlp {
namespace {

const std::vector<std::string> kNames = {"mean", "cls", "max", "attention"};

}  // namespace

PoolingMode parse_pooling(const std::string& name) {
  return parse_name<PoolingMode>("pooling", name, kNames);
}

const char* pooling_name(PoolingMode mode) {
  return kNames[static_cast<size_t>(mode)].c_str();
}

const std::vector<std::string>& pooling_names() {
  return kNames;
}

std::vector<PoolingTensor> pooling_tensors(PoolingMode mode, int64_t dim) {
  if (mode == PoolingMode::kAttention) return {{"query", {dim}}};
  return {};
}

}  // namespace mtnlp
