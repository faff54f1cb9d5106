// Threads for the floors below the torch line.
#pragma once

#include <cstddef>
#include <functional>

namespace mtnlp {

/// Returns how many CPUs this process may use: the affinity mask, cut by the cgroup's quota (v1 and v2), at
/// least 1.
int available_cpus();

/// Returns how many bytes of memory this process may use: the machine's, cut by the cgroup's limit.
size_t available_memory();

/// Throws Error of kSystem unless this process may start `count` threads more: libraries that need them end the
/// process when they get none.
void require_threads(int count);

/// Calls `body(begin, end)` for pieces of [0, count) from up to `threads` threads and waits. Pieces are
/// handed out in order, `grain` items at a time; fewer threads than asked for do when the system gives no
/// more. The first exception is rethrown here after all threads have ended.
void parallel_for(size_t count, size_t grain, int threads, const std::function<void(size_t, size_t)>& body);

}  // namespace mtnlp
