// SIGINT, SIGTERM, SIGHUP and SIGPIPE as a flag that long loops look at between steps, and waiting that they
// end.
#pragma once

namespace mtnlp {

/// Remembers, from now on, the first SIGINT, SIGTERM, SIGHUP or SIGPIPE; a second SIGINT or SIGTERM ends the
/// process at once. A signal that is ignored already, as under nohup and in background jobs, stays ignored.
void catch_stop_signals();

/// Returns the signal caught so far, 0 when none.
int stop_signal();

/// Thrown by long-running work that ended early, in an orderly way, because of a signal.
struct Stopped {
  int signal;
};

/// Throws Stopped when a signal has been caught.
void throw_if_stopped();

/// While it lives, wait_readable throws Stopped (of no signal) instead of waiting: what is to be read is no
/// longer wanted, since the work that wants it has failed.
class NoMoreWaiting {
 public:
  NoMoreWaiting();
  ~NoMoreWaiting();
  NoMoreWaiting(const NoMoreWaiting&) = delete;
  NoMoreWaiting& operator=(const NoMoreWaiting&) = delete;
};

/// Waits until a read of `fd` would not wait: until there are bytes, the end or an error. Throws Stopped when
/// a signal has been or is caught, on whichever thread. Never waits for what cannot be waited for.
void wait_readable(int fd);

}  // namespace mtnlp
