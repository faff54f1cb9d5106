#include "kernels/matrix_tiles.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace mtnlp::kernels {
namespace {

#if defined(__x86_64__) && defined(__linux__)
bool ask_for_tiles() {
  constexpr unsigned kBFloat16 = 1U << 22, kTile = 1U << 24, kBytes = 1U << 25,
                     kAll = kBFloat16 | kTile | kBytes;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAll) == kAll &&
         ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#else
bool ask_for_tiles() {
  return false;
}
#endif

}  // namespace

bool has_matrix_tiles() {
  static const bool has = ask_for_tiles();
  return has;
}

}  // namespace mtnlp::kernels
