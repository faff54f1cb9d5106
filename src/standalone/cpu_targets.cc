#include "standalone/cpu_targets.h"

#include <hwy/detect_targets.h>

namespace mtnlp::standalone {

// The builtins want a literal each; they ask the operating system for its part, too.
int64_t cpu_targets() {
  int64_t targets = HWY_EMU128 | HWY_SCALAR | HWY_STATIC_TARGET;
#if HWY_ARCH_X86
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("f16c") && __builtin_cpu_supports("lzcnt") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  if (!avx2) return targets;
  targets |= HWY_AVX2;
  const bool avx3 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd");
  if (!avx3) return targets;
  targets |= HWY_AVX3;
  const bool ice_lake = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("vpclmulqdq") &&
                        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
                        __builtin_cpu_supports("vaes") && __builtin_cpu_supports("avx512vpopcntdq") &&
                        __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("gfni");
  if (ice_lake) targets |= HWY_AVX3_DL;
#endif
  return targets;
}

}  // namespace mtnlp::standalone
