#include "engine/precision.h"

#include "base/words.h"
#include "kernels/matrix_tiles.h"

namespace mtnlp {
namespace {

const std::vector<std::string> kPrecisionNames = {"fp32", "bf16", "int8"};

}  // namespace

Precision parse_precision(const std::string& name) {
  return parse_name<Precision>("precision", name, kPrecisionNames);
}

const char* precision_name(Precision precision) {
  return kPrecisionNames[static_cast<size_t>(precision)].c_str();
}

Precision fast_precision() {
  return kernels::has_matrix_tiles() ? Precision::kBf16 : Precision::kFp32;
}

const std::vector<std::string>& training_precisions() {
  static const std::vector<std::string> names = {"auto", "fp32", "bf16"};
  return names;
}

const std::vector<std::string>& inference_precisions() {
  static const std::vector<std::string> names = {"auto", "fp32", "bf16", "int8"};
  return names;
}

}  // namespace mtnlp
