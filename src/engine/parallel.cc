#include "engine/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>

namespace mtnlp {

void share_out(size_t count, size_t grain, int threads, const std::function<void(size_t, size_t)>& body) {
  const size_t ranges = (count + grain - 1) / grain;
  const auto run = [&](size_t range) { body(range * grain, std::min(count, (range + 1) * grain)); };
  if (ranges < 2 || threads < 2 || omp_in_parallel() != 0) {
    for (size_t range = 0; range < ranges; ++range) run(range);
    return;
  }
  std::exception_ptr error;
  std::atomic<bool> failed = false;
  [[maybe_unused]] const int team = std::min(threads, static_cast<int>(std::min<size_t>(ranges, 1 << 16)));
#pragma omp parallel for num_threads(team) schedule(dynamic)
  for (size_t range = 0; range < ranges; ++range) {
    try {
      if (!failed) run(range);
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace mtnlp
