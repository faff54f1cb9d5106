// What Highway's headers take from libhwy: the choice of the instruction set, and aligned memory.
#include <cstdlib>

#include <hwy/aligned_allocator.h>
#include <hwy/targets.h>

#include "standalone/cpu_targets.h"

namespace hwy {

int64_t SupportedTargets() {
  static const int64_t targets = mtnlp::standalone::cpu_targets();
  return targets;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

void* AllocateAlignedBytes(size_t bytes, AllocPtr, void*) {
  return std::aligned_alloc(HWY_ALIGNMENT, (bytes + HWY_ALIGNMENT - 1) / HWY_ALIGNMENT * HWY_ALIGNMENT);
}

void FreeAlignedBytes(const void* memory, FreePtr, void*) {
  std::free(const_cast<void*>(memory));
}

}  // namespace hwy
