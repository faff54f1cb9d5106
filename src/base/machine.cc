#include "base/machine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "base/threads.h"

namespace mtnlp {
namespace {

constexpr std::array<std::string_view, 9> kInstructionSets = {
    "avx2", "fma", "avx512f", "avx512vl", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16"};

/// What /proc/cpuinfo says of the first CPU under `key`.
std::string cpu_says(std::string_view key) {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with(key) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

std::string describe_machine() {
  std::string text = cpu_says("model name") + ",";
  std::istringstream flags(cpu_says("flags"));
  for (std::string flag; flags >> flag;)
    if (std::ranges::find(kInstructionSets, flag) != kInstructionSets.end()) text += " " + flag;
  const double gigabytes = std::round(static_cast<double>(available_memory()) / 1e8) / 10;
  return str(text, ", ", available_cpus(), " CPUs, ", gigabytes, " GB of memory");
}

}  // namespace mtnlp
