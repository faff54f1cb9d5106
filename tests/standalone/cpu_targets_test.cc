#include "standalone/cpu_targets.h"

#include <hwy/targets.h>

#include "testing.h"

namespace mtnlp {
namespace {

TEST(CpuTargetsTest, AreThoseOfLibhwy) {
  constexpr int64_t kCompiled = HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL;
  EXPECT_EQ(standalone::cpu_targets() & kCompiled, hwy::SupportedTargets() & kCompiled);
  EXPECT_NE(standalone::cpu_targets() & (HWY_EMU128 | HWY_SCALAR), 0);
}

}  // namespace
}  // namespace mtnlp
