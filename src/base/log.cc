#include "base/log.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/error.h"
#include "base/printable.h"

namespace mtnlp {
namespace {

constexpr size_t kMaxLine = 2000;  ///< bytes of a message

/// Appends lines to a file and hands each to the system at once.
class LineFile : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineFile(const std::filesystem::path& file, bool append)
      : name_(file.string()), file_(std::fopen(name_.c_str(), append ? "ae" : "we"), std::fclose) {
    if (file_ == nullptr) fail_system(name_, ": cannot be written: ", std::strerror(errno));
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0)
      fail_system(name_, ": cannot be written: ", std::strerror(errno));  // what init_logging's handler gets
  }
  void flush_() override {}

 private:
  std::string name_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

LogLevel from_spdlog(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return LogLevel::kError;
  if (level == spdlog::level::warn) return LogLevel::kWarning;
  return level == spdlog::level::info ? LogLevel::kInfo : LogLevel::kDebug;
}

/// Hands messages to a function.
class Receiver : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Receiver(std::function<void(LogLevel, const std::string&)> write) : write_(std::move(write)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_(from_spdlog(message.level), std::string(message.payload.begin(), message.payload.end()));
  }
  void flush_() override {}

 private:
  std::function<void(LogLevel, const std::string&)> write_;
};

std::shared_ptr<spdlog::logger> terminal_logger(const LogOptions& options) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool colour = no_color == nullptr || *no_color == '\0';
  auto terminal = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colour ? spdlog::color_mode::automatic
                                                                               : spdlog::color_mode::never);
  terminal->set_pattern("%^%l%$: %v");
  terminal->set_level(options.quiet ? std::max(spdlog::level::warn, to_spdlog(options.level))
                                    : to_spdlog(options.level));
  auto logger = std::make_shared<spdlog::logger>("mtnlp", std::move(terminal));
  logger->set_level(std::min(spdlog::level::info, to_spdlog(options.level)));
  return logger;
}

/// Not spdlog's default logger, which is that of the program that mtnlp is a library of.
std::shared_ptr<spdlog::logger>& current() {
  static std::shared_ptr<spdlog::logger> logger = terminal_logger({.quiet = true});
  return logger;
}

void use(std::shared_ptr<spdlog::logger> logger) {
  logger->flush_on(spdlog::level::info);
  logger->set_error_handler([](const std::string& message) { fail_system(message); });
  current() = std::move(logger);
}

std::function<void()>& before_message() {
  static std::function<void()> hook;
  return hook;
}

Spelling& spelling() {
  static Spelling chosen = Spelling::kField;
  return chosen;
}

void log(spdlog::level::level_enum level, const std::string& message) {
  if (before_message() && current()->should_log(level)) before_message()();
  current()->log(level, "{}", shortened(printable(spelled(message, spelling())), kMaxLine));
}

}  // namespace

void init_logging(const LogOptions& options) {
  spelling() = options.spelling;
  use(terminal_logger(options));
}

void init_logging(std::function<void(LogLevel, const std::string&)> write) {
  use(std::make_shared<spdlog::logger>("mtnlp", std::make_shared<Receiver>(std::move(write))));
}

void set_before_message(std::function<void()> hook) {
  before_message() = std::move(hook);
}

void log_debug(const std::string& message) {
  log(spdlog::level::debug, message);
}
void log_info(const std::string& message) {
  log(spdlog::level::info, message);
}
void log_warning(const std::string& message) {
  log(spdlog::level::warn, message);
}

ScopedLogFile::ScopedLogFile(const std::filesystem::path& file, bool append) {
  auto sink = std::make_shared<LineFile>(file, append);
  sink->set_pattern("%Y-%m-%d %H:%M:%S %l %v");
  current()->sinks().push_back(sink);
  sink_ = sink;
}

ScopedLogFile::~ScopedLogFile() {
  std::erase_if(current()->sinks(), [&](const auto& sink) { return sink.get() == sink_.get(); });
}

}  // namespace mtnlp
