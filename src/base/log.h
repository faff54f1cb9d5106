// The logger: the one global of the project. spdlog stays inside log.cc, because libtorch ships another
// {fmt}.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/field.h"

namespace mtnlp {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;      ///< lowest level that is kept; kDebug: for reports of faults
  Spelling spelling = Spelling::kField;  ///< how names of settings are shown
  bool quiet = false;                    ///< print only warnings and errors; log files still keep all
};

/// Sets up logging to stderr (colours only on a terminal and without NO_COLOR). Call once, early. Without it
/// there are warnings and errors on stderr.
void init_logging(const LogOptions& options);

/// Sets up logging to `write` alone, which is called from one thread at a time.
void init_logging(std::function<void(LogLevel level, const std::string& message)> write);

/// Messages are shown on one line each, without anything that a terminal would obey (printable.h).

/// Sets what is called before a message is written, so that a progress bar can make room; null for nothing.
void set_before_message(std::function<void()> hook);

/// Logs `message` at a level, on one line and without anything that a terminal would obey (printable.h).
void log_debug(const std::string& message);
void log_info(const std::string& message);
void log_warning(const std::string& message);

/// While it lives, every message also goes to `file`, with date and time. The file is overwritten unless
/// `append`. Throws Error when it cannot be opened.
class ScopedLogFile {
 public:
  explicit ScopedLogFile(const std::filesystem::path& file, bool append = false);
  ~ScopedLogFile();
  ScopedLogFile(const ScopedLogFile&) = delete;
  ScopedLogFile& operator=(const ScopedLogFile&) = delete;

 private:
  std::shared_ptr<void> sink_;
};

}  // namespace mtnlp
