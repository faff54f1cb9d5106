#include "mtnlp/base/signals.h"

#include <csignal>

namespace mtnlp {
namespace {

volatile std::sig_atomic_t caught = 0;

extern "C" void remember(int signal) {
  caught = signal;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void catch_stop_signals() {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
}

int stop_signal() {
  return caught;
}

void throw_if_stopped() {
  if (caught != 0) throw Stopped{caught};
}

}  // namespace mtnlp
