// Kernels under each instruction set that Highway compiles them for.
#pragma once

#include <hwy/targets.h>

#include "testing.h"

namespace mtnlp::testing {

/// Runs `check` with each instruction set that has kernels and that this machine knows, as if it were the
/// best one.
template <typename Check>
void with_every_instruction_set(Check check) {
  const auto choose = [](int64_t sets) {
    hwy::SetSupportedTargetsForTest(sets);  // 0: as the machine is
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  };
  const int64_t known = hwy::SupportedTargets();
  for (const int64_t set : {HWY_SCALAR, HWY_AVX2, HWY_AVX3, HWY_AVX3_DL}) {
    if (set != HWY_SCALAR && (known & set) == 0) continue;
    SCOPED_TRACE(hwy::TargetName(set));
    choose(set == HWY_AVX3_DL ? HWY_AVX3 | HWY_AVX3_DL
                              : set);  // kernels without the last have the one before
    check();
  }
  choose(0);
}

}  // namespace mtnlp::testing
