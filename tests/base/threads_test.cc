#include "base/threads.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "testing.h"

namespace mtnlp {
namespace {

TEST(Threads, SomeCpusAndMemory) {
  EXPECT_GE(available_cpus(), 1);
  EXPECT_LE(available_cpus(), static_cast<int>(std::thread::hardware_concurrency()));
  EXPECT_GT(available_memory(), size_t{1} << 20);
}

TEST(Threads, EveryItemOnce) {
  for (const size_t count : {0, 1, 7, 1000})
    for (const size_t grain : {0, 1, 3, 5000})
      for (const int threads : {-1, 1, 2, 5}) {
        std::vector<std::atomic<int>> seen(count);
        parallel_for(count, grain, threads, [&](size_t begin, size_t end) {
          EXPECT_LT(begin, end);
          EXPECT_LE(end - begin, std::max<size_t>(1, grain));
          for (size_t i = begin; i < end; ++i) ++seen[i];
        });
        for (const auto& item : seen) EXPECT_EQ(item, 1);
      }
}

TEST(Threads, ThoseThatCannotBeHadAreAnErrorOrDoneWithout) {
  EXPECT_NO_THROW(require_threads(4));
  EXPECT_EXIT(
      {
        rlimit limit{};
        limit.rlim_cur = limit.rlim_max = 1;
        setrlimit(RLIMIT_NPROC, &limit);
        if (geteuid() == 0 && setuid(54321) != 0) std::_Exit(9);  // root has no limit
        std::atomic<size_t> done{0};
        parallel_for(1000, 1, 8, [&](size_t, size_t) { ++done; });
        if (done != 1000) std::_Exit(1);
        try {
          require_threads(4);
        } catch (const Error& error) {
          std::fprintf(stderr, "%s", error.what());
          std::_Exit(error.kind() == ErrorKind::kSystem ? 7 : 3);
        }
        std::_Exit(2);
      },
      ::testing::ExitedWithCode(7), "cannot start 4 threads but only 0: .*; try a smaller threads");
}

TEST(Threads, OneThreadWorksHereInOrder) {
  const auto here = std::this_thread::get_id();
  size_t next = 0;
  parallel_for(10, 3, 1, [&](size_t begin, size_t) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    EXPECT_EQ(begin, next);
    next += 3;
  });
}

TEST(Threads, UsesSeveralThreads) {
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> waiting{0};
  parallel_for(2, 1, 2, [&](size_t, size_t) {
    ++waiting;
    while (waiting < 2) std::this_thread::yield();  // a piece ends only when the other has begun
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(ids.size(), 2U);
}

TEST(Threads, ExceptionComesBackAndStopsTheRest) {
  for (const int threads : {1, 3}) {
    std::atomic<size_t> done{0};
    try {
      parallel_for(100'000, 1, threads, [&](size_t begin, size_t) {
        if (begin == 10) throw std::runtime_error("at ten");
        ++done;
      });
      FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "at ten");
    }
    EXPECT_LT(done, 100'000U - 1);
  }
}

TEST(Threads, AllHaveEndedWhenTheExceptionComes) {
  std::atomic<int> inside{0};
  EXPECT_THROW(parallel_for(4, 1, 4,
                            [&](size_t begin, size_t) {
                              ++inside;
                              if (begin == 0) {
                                --inside;
                                throw std::runtime_error("first");
                              }
                              std::this_thread::sleep_for(std::chrono::milliseconds(20));
                              --inside;
                            }),
               std::runtime_error);
  EXPECT_EQ(inside, 0);
}

}  // namespace
}  // namespace mtnlp
