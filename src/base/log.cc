#include "mtnlp/base/log.h"

#include <cstdlib>
#include <vector>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "mtnlp/base/error.h"

namespace mtnlp {
namespace {

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

std::function<void()>& before_message() {
  static std::function<void()> hook;
  return hook;
}

void log(spdlog::level::level_enum level, const std::string& message) {
  if (before_message() && spdlog::should_log(level)) before_message()();
  spdlog::log(level, "{}", message);
}

}  // namespace

void init_logging(const LogOptions& options) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool colour = no_color == nullptr || *no_color == '\0';
  auto terminal = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colour ? spdlog::color_mode::automatic
                                                                               : spdlog::color_mode::never);
  terminal->set_pattern("%^%l%$: %v");
  terminal->set_level(options.quiet ? std::max(spdlog::level::warn, to_spdlog(options.level))
                                    : to_spdlog(options.level));
  auto logger = std::make_shared<spdlog::logger>("mtnlp", std::move(terminal));
  logger->set_level(std::min(spdlog::level::info, to_spdlog(options.level)));
  logger->flush_on(spdlog::level::info);
  logger->set_error_handler([](const std::string& message) { fail_system(message); });
  spdlog::set_default_logger(std::move(logger));
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
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string(), !append);
    sink->set_pattern("%Y-%m-%d %H:%M:%S %l %v");
    spdlog::default_logger()->sinks().push_back(sink);
    sink_ = sink;
  } catch (const spdlog::spdlog_ex& error) {
    fail_system(file.string(), ": cannot be written: ", error.what());
  }
}

ScopedLogFile::~ScopedLogFile() {
  std::erase_if(spdlog::default_logger()->sinks(),
                [&](const auto& sink) { return sink.get() == sink_.get(); });
}

}  // namespace mtnlp
