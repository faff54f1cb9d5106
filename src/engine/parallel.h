// Threads for inference. They are those of OpenMP, which libtorch uses too, so that a process has one pool.
#pragma once

#include <cstddef>
#include <functional>

namespace mtnlp {

/// Calls body(first, last) for ranges of [0, count), `grain` items each but the last, in up to `threads`
/// threads, and waits. Called from inside of a body, it runs in that thread alone. Results must not depend on
/// the ranges. The first exception of a body is rethrown after all threads have ended.
void share_out(size_t count, size_t grain, int threads, const std::function<void(size_t, size_t)>& body);

}  // namespace mtnlp
