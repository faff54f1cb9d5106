// Which of Highway's instruction sets this CPU has, as libhwy finds them; Debian has no static library of it.
#pragma once

#include <cstdint>

namespace mtnlp::standalone {

/// Returns the targets (bits as HWY_AVX2) that this CPU and its operating system support, of those that the
/// kernels are compiled for. Equals hwy::SupportedTargets() on those.
int64_t cpu_targets();

}  // namespace mtnlp::standalone
