// Threads for inference: OpenMP's, which libtorch has too, so that a process has one pool.
#pragma once

#include <cstddef>
#include <functional>

namespace mtnlp {

/// Calls body(first, last) for ranges of [0, count), `grain` items each but the last, in up to `threads`
/// threads; called from inside such a body it does all itself. What a body does must not depend on the
/// ranges. The first exception is rethrown here when all threads have ended.
void share_out(size_t count, size_t grain, int threads, const std::function<void(size_t, size_t)>& body);

}  // namespace mtnlp
