#include "mtnlp/log.h"

#include <cstdio>
#include <mutex>
#include <utility>

#include "api/log.h"
#include "base/log.h"

namespace mtnlp::api {
namespace {

void write_to_stderr(LogLevel level, const std::string& message) {
  if (level == LogLevel::kWarning) std::fprintf(stderr, "mtnlp: warning: %s\n", message.c_str());
}

struct Handler {
  std::mutex mutex;
  LogHandler write = write_to_stderr;
};

Handler& handler() {
  static Handler only;
  return only;
}

}  // namespace

void set_log(LogHandler write) {
  const std::lock_guard lock(handler().mutex);
  handler().write = write ? std::move(write) : LogHandler(write_to_stderr);
}

void write_log(LogLevel level, const std::string& message) noexcept {
  const std::lock_guard lock(handler().mutex);
  handler().write(level, message);
}

}  // namespace mtnlp::api
