// The logger of the floors below, inside another program.
#pragma once

#include <string>

#include "base/log.h"
#include "mtnlp/log.h"

namespace mtnlp::api {

/// Sends what the floors below log to write_log, from the first call on. Each library has its own logger.
inline void use_log_handler() {
  static const bool done = [] {
    init_logging([](mtnlp::LogLevel level, const std::string& message) {
      if (level >= mtnlp::LogLevel::kInfo)
        write_log(level == mtnlp::LogLevel::kInfo ? LogLevel::kInfo : LogLevel::kWarning, message);
    });
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace mtnlp::api
