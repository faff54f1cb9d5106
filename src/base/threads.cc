#include "base/threads.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <latch>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/field.h"

namespace mtnlp {
namespace {

/// Returns the numbers of a cgroup file; "max" and an unreadable file give none.
std::vector<double> cgroup_numbers(const char* file) {
  std::ifstream in(file);
  std::vector<double> numbers;
  for (double number; in >> number;) numbers.push_back(number);
  return numbers;
}

}  // namespace

int available_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cpus = static_cast<double>(
      sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN));
  if (const auto v2 = cgroup_numbers("/sys/fs/cgroup/cpu.max"); v2.size() == 2) {
    cpus = std::min(cpus, v2[0] / v2[1]);
  } else {
    const auto quota = cgroup_numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    const auto period = cgroup_numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (quota.size() == 1 && period.size() == 1 && quota[0] > 0) cpus = std::min(cpus, quota[0] / period[0]);
  }
  return std::max(1, static_cast<int>(std::ceil(cpus)));
}

size_t available_memory() {
  double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  for (const char* file : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (const auto limit = cgroup_numbers(file); limit.size() == 1) bytes = std::min(bytes, limit[0]);
  return static_cast<size_t>(bytes);
}

void require_threads(int count) {
  std::latch enough(1);
  std::vector<std::jthread> pool;
  try {
    while (pool.size() < static_cast<size_t>(count)) pool.emplace_back([&] { enough.wait(); });
  } catch (const std::system_error& error) {
    enough.count_down();
    fail_system("cannot start ", count, " threads but only ", pool.size(), ": ", error.code().message(),
                "; try a smaller ", field("threads"),
                ", or raise the limit of processes (ulimit -u) or memory (ulimit -v)");
  }
  enough.count_down();
}

void parallel_for(size_t count, size_t grain, int threads, const std::function<void(size_t, size_t)>& body) {
  grain = std::max<size_t>(1, grain);
  const size_t pieces = (count + grain - 1) / grain;
  const size_t workers = std::min(pieces, static_cast<size_t>(std::max(1, threads)));
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&] {
    try {
      for (size_t piece; (piece = next.fetch_add(1)) < pieces;)
        body(piece * grain, std::min(count, (piece + 1) * grain));
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      next = pieces;
    }
  };
  {
    std::vector<std::jthread> pool;
    pool.reserve(workers);
    try {
      while (pool.size() + 1 < workers) pool.emplace_back(work);
    } catch (const std::system_error&) {  // fewer do the same
    }
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace mtnlp
