#include "network/precision.h"

#include <ATen/cpu/Utils.h>

#include "base/suggest.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

const std::vector<std::string> kNames = {"fp32", "bf16", "int8"};

bool cpu_is_fast_in_bf16() {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  const auto has = [&](const char* name) {
    const auto found = capabilities.find(name);
    return found != capabilities.end() && found->second.isBool() && found->second.toBool();
  };
  const auto name = capabilities.find("cpu_name");
  const bool amd = name != capabilities.end() && name->second.toStringRef().find("AMD") != std::string::npos;
  return has("amx_bf16") || (amd && has("avx512_bf16"));
}

}  // namespace

Precision parse_precision(const std::string& name) {
  return parse_name<Precision>("precision", name, kNames);
}

const char* precision_name(Precision precision) {
  return kNames[static_cast<size_t>(precision)].c_str();
}

const std::vector<std::string>& training_precisions() {
  static const std::vector<std::string> names = {"auto", "fp32", "bf16"};
  return names;
}

const std::vector<std::string>& inference_precisions() {
  static const std::vector<std::string> names = {"auto", "fp32", "bf16", "int8"};
  return names;
}

Precision resolve_training_precision(std::optional<Precision> chosen, torch::Device device) {
  if (chosen) return *chosen;
  return device.is_cpu() && cpu_is_fast_in_bf16() ? Precision::kBf16 : Precision::kFp32;
}

}  // namespace mtnlp
