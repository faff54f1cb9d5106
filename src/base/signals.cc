#include "base/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace mtnlp {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

std::atomic<int> caught{0};
std::atomic<bool> unwanted{false};
/// A pipe of which one end becomes readable with the first signal; -1 until signals are caught.
std::atomic<int> wake_read{-1}, wake_write{-1};
static_assert(std::atomic<int>::is_always_lock_free, "a handler may use them");

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;  // without SA_RESTART: what waits is to return
  for (const int other : kSignals) sigaddset(&action.sa_mask, other);
  ::sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

extern "C" void remember(int signal) {
  const int error = errno;
  caught = signal;
  // A second Ctrl-C or SIGTERM is meant; a terminal that hangs up or a reader that left says so again and
  // again.
  for (const int other : kSignals)
    if (!is_ignored(other)) handle(other, other == SIGINT || other == SIGTERM ? SIG_DFL : SIG_IGN);
  [[maybe_unused]] const ssize_t wrote = ::write(wake_write, "", 1);
  errno = error;
}

void open_wake_pipe() {
  if (wake_read >= 0) return;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
  wake_read = ends[0];
  wake_write = ends[1];
}

}  // namespace

void catch_stop_signals() {
  open_wake_pipe();
  for (const int signal : kSignals)
    if (!is_ignored(signal)) handle(signal, remember);
}

int stop_signal() {
  return caught;
}

void throw_if_stopped() {
  if (caught != 0) throw Stopped{caught};
}

NoMoreWaiting::NoMoreWaiting() {
  unwanted = true;
  [[maybe_unused]] const ssize_t wrote = ::write(wake_write, "", 1);
}

NoMoreWaiting::~NoMoreWaiting() {
  unwanted = false;
  char byte = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_read, &byte, 1);
}

void wait_readable(int fd) {
  open_wake_pipe();
  for (;;) {
    throw_if_stopped();
    if (unwanted) throw Stopped{0};
    std::array<pollfd, 2> waited = {pollfd{fd, POLLIN, 0}, pollfd{wake_read, POLLIN, 0}};
    const int ready = ::poll(waited.data(), waited.size(), -1);
    const bool failed = ready < 0 && errno != EINTR;
    throw_if_stopped();
    if (unwanted) throw Stopped{0};
    if (failed || (ready > 0 && waited[0].revents != 0)) return;
  }
}

}  // namespace mtnlp
