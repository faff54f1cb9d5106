#include "network/training_precision.h"

#include <ATen/cpu/Utils.h>

#include "network/torch.h"

namespace mtnlp {
namespace {

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

Precision resolve_training_precision(std::optional<Precision> chosen, torch::Device device) {
  if (chosen) return *chosen;
  return device.is_cpu() && cpu_is_fast_in_bf16() ? Precision::kBf16 : Precision::kFp32;
}

}  // namespace mtnlp
