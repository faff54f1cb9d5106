#include "base/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "testing.h"

namespace mtnlp {
namespace {

struct Pipe {
  Pipe() {
    if (::pipe(ends) != 0) std::_Exit(9);
  }
  int ends[2];
};

/// Ends a child process of a death test: 0 when Stopped was thrown for `signal`.
template <typename Action>
[[noreturn]] void expect_stopped(int signal, Action action) {
  try {
    action();
  } catch (const Stopped& stopped) {
    std::_Exit(stopped.signal == signal && stop_signal() == signal ? 0 : 2);
  }
  std::_Exit(1);
}

class Signals : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(Signals, EachEndsAReaderThatWaits) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    EXPECT_EXIT(
        {
          catch_stop_signals();
          const Pipe pipe;
          std::jthread sender([signal] {
            usleep(50'000);
            kill(getpid(), signal);
          });
          expect_stopped(signal, [&] { wait_readable(pipe.ends[0]); });
        },
        ::testing::ExitedWithCode(0), "");
}

TEST_F(Signals, AReaderOnAnotherThreadIsWokenToo) {
  EXPECT_EXIT(
      {
        catch_stop_signals();
        const Pipe pipe;
        std::jthread reader([&] { expect_stopped(SIGTERM, [&] { wait_readable(pipe.ends[0]); }); });
        usleep(50'000);
        std::raise(SIGTERM);  // to this thread alone
        reader.join();
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(Signals, WhatWasIgnoredStaysIgnored) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        std::signal(SIGINT, SIG_IGN);
        catch_stop_signals();
        std::raise(SIGHUP);
        std::raise(SIGINT);
        if (stop_signal() != 0) std::_Exit(1);
        std::raise(SIGTERM);
        std::raise(SIGHUP);
        std::raise(SIGINT);
        expect_stopped(SIGTERM, throw_if_stopped);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(Signals, ASecondOneEndsTheProcess) {
  for (const int first : {SIGINT, SIGTERM, SIGHUP})
    for (const int second : {SIGINT, SIGTERM})
      EXPECT_EXIT(
          {
            catch_stop_signals();
            std::raise(first);
            std::raise(second);
          },
          ::testing::KilledBySignal(second), "");
}

TEST_F(Signals, AReaderThatLeftIsOneToo) {
  EXPECT_EXIT(
      {
        catch_stop_signals();
        const Pipe pipe;
        close(pipe.ends[0]);
        for (int i = 0; i < 2; ++i)
          if (write(pipe.ends[1], "x", 1) >= 0) std::_Exit(8);
        expect_stopped(SIGPIPE, throw_if_stopped);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(Signals, AHangUpSaidTwiceIsOne) {
  EXPECT_EXIT(
      {
        catch_stop_signals();
        std::raise(SIGHUP);
        std::raise(SIGHUP);
        expect_stopped(SIGHUP, throw_if_stopped);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(WaitReadable, ReturnsForBytesTheEndAndWhatCannotWait) {
  const Pipe pipe;
  ASSERT_EQ(write(pipe.ends[1], "x", 1), 1);
  wait_readable(pipe.ends[0]);
  char byte = 0;
  ASSERT_EQ(read(pipe.ends[0], &byte, 1), 1);
  close(pipe.ends[1]);
  wait_readable(pipe.ends[0]);
  close(pipe.ends[0]);
  wait_readable(pipe.ends[0]);  // closed: the read says so
  const int file = open("/proc/self/exe", O_RDONLY);
  wait_readable(file);
  close(file);
}

}  // namespace
}  // namespace mtnlp
