// Where the messages of mtnlp go inside another program: never to standard output.
#pragma once

#include <functional>
#include <string>

namespace mtnlp::api {

enum class LogLevel {
  kInfo,     ///< what a training does
  kWarning,  ///< an input may not be what the caller thinks it is
};

/// Takes one message, a line of at most 2000 bytes without control characters. It is called from one thread
/// at a time and must neither throw nor call set_log.
using LogHandler = std::function<void(LogLevel level, const std::string& message)>;

/// Sends the messages of all threads to `handler` from now on. At first, and for a null `handler`, warnings
/// are written to standard error and the rest is dropped. Thread-safe.
[[gnu::visibility("default")]] void set_log(LogHandler handler);

/// Hands a message to the handler that is set. The library of training sends its messages through it.
[[gnu::visibility("default")]] void write_log(LogLevel level, const std::string& message) noexcept;

}  // namespace mtnlp::api
