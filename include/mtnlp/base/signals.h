// SIGINT and SIGTERM as a flag that long loops look at between steps.
#pragma once

namespace mtnlp {

/// From now on the first SIGINT or SIGTERM is remembered; a second one ends the process at once.
void catch_stop_signals();

/// The signal caught so far, 0 when none.
int stop_signal();

/// Thrown by long-running work that ended early, in an orderly way, because of a signal.
struct Stopped {
  int signal;
};

/// Throws Stopped when a signal has been caught.
void throw_if_stopped();

}  // namespace mtnlp
